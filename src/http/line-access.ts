import { lineId, lineIdOrUnknown, parseLineRef } from '../contract/index.ts';
import type { Handle } from '../domain/index.ts';
import { BluelineError } from '../runtime/index.ts';
import { HttpError } from './errors.ts';
import type { Grant, LineInfo, MessagesPort } from './ports.ts';

/** Whether a key may see what belongs to a line. A key limited to lines never sees what names none. */
export function maySee(grant: Grant, line: Handle | null): boolean {
  return grant.lines === null || grant.lines.includes(lineIdOrUnknown(line));
}

/**
 * The line that a request names by id or address.
 * @throws HttpError `line_not_accessible` (also for a line that does not exist, if the key is limited),
 * `line_not_found`.
 */
export function findLine(
  reference: string,
  lines: readonly LineInfo[],
  grant: Grant,
  param = 'from',
): LineInfo {
  const parsed = parseLineRef(reference);
  const wanted = parsed === null ? null : parsed.by === 'id' ? parsed.id : lineId(parsed.handle);
  if (wanted === null) {
    throw new HttpError('invalid_parameter_value', {
      param,
      message: `\`${param}\` must be the id (ln_…) or the address of a line.`,
    });
  }
  if (grant.lines !== null && !grant.lines.includes(wanted)) {
    throw new HttpError('line_not_accessible', { param });
  }
  const found = lines.find((line) => lineId(line.handle) === wanted);
  if (found === undefined) {
    throw new HttpError('line_not_found', { param });
  }
  return found;
}

/**
 * The line that an order is meant for, by its id or address. The lane belongs to the account, and only one of its lines
 * can be sent from.
 * @param reference `undefined` for whichever that is
 * @throws HttpError `line_not_sendable`, and what `findLine` throws
 */
export function sendableLine(
  reference: string | undefined,
  lines: readonly LineInfo[],
  grant: Grant,
): LineInfo {
  const named = reference ?? lines.find(({ isActive }) => isActive)?.handle;
  if (named === undefined) {
    throw new HttpError('line_not_found', { param: 'id' });
  }
  const line = findLine(named, lines, grant, 'id');
  if (!line.isActive) {
    throw new HttpError('line_not_sendable', { param: 'id' });
  }
  return line;
}

/** The addresses that a list goes over: the one asked for, those of the key, or `null` for all. */
export function linesToRead(
  from: string | undefined,
  readLines: () => readonly LineInfo[],
  grant: Grant,
): readonly Handle[] | null {
  if (from !== undefined) {
    return [findLine(from, readLines(), grant).handle];
  }
  return grant.lines === null
    ? null
    : readLines()
        .map((line) => line.handle)
        .filter((handle) => maySee(grant, handle));
}

/**
 * The `ln_…` ids whose events a reader or a webhook gets: those asked for, each once, else those of its key; `null` for
 * all.
 * @throws HttpError `invalid_parameter_value`, `line_not_accessible`.
 */
export function eventLines(
  asked: readonly string[] | null | undefined,
  grant: Grant,
  param: 'from' | 'lines' = 'lines',
): readonly string[] | null {
  if (asked === null || asked === undefined) {
    return grant.lines;
  }
  const ids = [...new Set(asked.map(lineIdOf))];
  if (grant.lines !== null && !ids.every((id) => grant.lines?.includes(id) === true)) {
    throw new HttpError('line_not_accessible', { param });
  }
  return ids;
}

/** @throws HttpError `invalid_parameter_value` if one of them is neither an id nor an address. */
export function lineIdOf(reference: string): string {
  const parsed = parseLineRef(reference);
  if (parsed === null) {
    throw new HttpError('invalid_parameter_value', {
      param: 'lines',
      message: '`lines` must hold ids (ln_…) or addresses, with commas between.',
    });
  }
  return parsed.by === 'id' ? parsed.id : lineId(parsed.handle);
}

/**
 * The line that something will go out from; `null` where this Mac has not shown yet which it is.
 * @throws HttpError `line_not_found`, `line_not_accessible`, `line_not_sendable`.
 */
export function lineToSendFrom(
  from: string | undefined,
  grant: Grant,
  messages: MessagesPort,
): Handle | null {
  if (from !== undefined) {
    const line = findLine(from, messages.lines(), grant);
    if (!line.isActive) {
      throw new HttpError('line_not_sendable', { param: 'from' });
    }
    return line.handle;
  }
  const active = activeLine(grant, messages);
  if (!maySee(grant, active)) {
    throw new HttpError('line_not_accessible', { param: 'from' });
  }
  return active;
}

/** An unlimited key can queue a text while chat.db cannot be read: the command then names no line. */
function activeLine(grant: Grant, messages: MessagesPort): Handle | null {
  try {
    return messages.lines().find((line) => line.isActive)?.handle ?? null;
  } catch (error) {
    if (grant.lines === null && error instanceof BluelineError && error.code.startsWith('messages_db_')) {
      return null;
    }
    throw error;
  }
}

import type { Command } from 'commander';
import { webhookDeliverySchema, webhookReplaySchema } from '../../contract/index.ts';
import { connectApi, type ApiClient } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { moment, wholeNumber } from '../option-values.ts';
import type { Session } from '../session.ts';

const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER;

/** A part of the journal, as options name it. */
export interface RangeOptions {
  readonly failed?: boolean;
  readonly after?: number;
  readonly to?: number;
  /** Unix ms. */
  readonly since?: number;
  readonly until?: number;
}

/** Adds the options that name a part of the journal, all but `failed`. */
export function withRange(command: Command): Command {
  return command
    .option('--after <sequence>', 'events after this one; 0 is the oldest', wholeNumber(0, MAX_SEQUENCE))
    .option('--to <sequence>', 'up to this one', wholeNumber(1, MAX_SEQUENCE))
    .option('--since <moment>', 'from then on: 2026-11-21, 2026-11-21T14:03 or Unix ms', moment)
    .option('--until <moment>', 'before then', moment);
}

export async function replayWebhook(
  session: Session,
  id: string,
  delivery: string | undefined,
  options: RangeOptions,
): Promise<ExitCode> {
  const api = connectApi(session);
  if (delivery !== undefined) {
    const { raw, data } = await api.post({
      path: `/v1/webhooks/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(delivery)}/replay`,
      answer: webhookDeliverySchema,
      body: {},
      headers: {},
    });
    if (session.format === 'json') {
      session.printJson(raw);
    } else {
      session.print(`${data.id} (${data.event_type} #${data.sequence}) is on its way again.`);
    }
    return EXIT.ok;
  }
  demandRange(options);
  const replayed = await replayTo(api, id, options);
  if (session.format === 'json') {
    session.printJson({ webhook_id: id, replayed });
  } else {
    session.print(`${replayed} ${replayed === 1 ? 'event is' : 'events are'} on the way again.`);
  }
  return EXIT.ok;
}

/** @throws CliError `usage` where a replay would be of everything without anybody having said so */
export function demandRange({ failed, after, since }: RangeOptions): void {
  if (failed !== true && after === undefined && since === undefined) {
    throw new CliError(
      EXIT.usage,
      'usage',
      'Say where to begin.',
      '--failed is what failed, --after 0 is everything that is kept, --since a moment.',
    );
  }
}

/** Has a range sent to a webhook again, piece by piece; how many events it is. */
export async function replayTo(api: ApiClient, id: string, range: RangeOptions): Promise<number> {
  let replayed = 0;
  for (let { after } = range; ;) {
    const { data } = await api.post({
      path: `/v1/webhooks/${encodeURIComponent(id)}/replay`,
      answer: webhookReplaySchema,
      body: {
        only_failed: range.failed ?? false,
        ...(after === undefined ? {} : { after }),
        ...(range.to === undefined ? {} : { to: range.to }),
        ...(range.since === undefined ? {} : { since: range.since }),
        ...(range.until === undefined ? {} : { until: range.until }),
      },
      headers: {},
    });
    replayed += data.replayed;
    if (data.next_after === null) {
      return replayed;
    }
    after = data.next_after;
  }
}

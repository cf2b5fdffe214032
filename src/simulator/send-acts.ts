import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Acts } from './acts.ts';
import { bodyColumns } from './message-columns.ts';
import type { ChatDbWriter } from './chat-db-writer.ts';
import type { ChatPlace } from './chat-places.ts';
import type { Era } from './era-schema.ts';
import { mimeTypeOf } from './mime-types.ts';
import type { NewRow } from './new-rows.ts';
import { ACCOUNT_GUID, SMS_ACCOUNT_GUID } from './own-account.ts';
import type { Cell } from './row-insert.ts';
import type { OwnRow, RowLife } from './row-life.ts';
import type { Mark } from './send-log.ts';
import type { SendPlan } from './send-plan.ts';
import type { SimulatedMessages } from './simulated-messages.ts';
import type { Timing } from './timing.ts';

/** Where a script wants it to go, found: an existing chat with its people, or a contact on a service. */
export type ResolvedTarget =
  | { readonly form: 'chat'; readonly chat: ChatPlace; readonly participants: readonly string[] }
  | { readonly form: 'participant'; readonly handle: string; readonly service: 'iMessage' | 'SMS' };

export type Payload =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

/**
 * Looks up what a script's arguments name, as Messages' scripting layer does: a chat by its exact guid; a contact by
 * any string at all, on an account that exists. What `notFound` lists is not there.
 * @returns the target, or what could not be got, in AppleScript's words
 */
export function resolveTarget(
  messages: SimulatedMessages,
  args: { readonly form: string; readonly name: string; readonly account: string },
  notFound: SendPlan['notFound'],
): ResolvedTarget | { readonly missing: string } {
  if (args.form === 'participant') {
    const named = new Map([
      [ACCOUNT_GUID, 'iMessage'],
      [SMS_ACCOUNT_GUID, 'SMS'],
    ]);
    const service = named.get(args.account) ?? args.account;
    if (notFound.includes('account') || (service !== 'iMessage' && service !== 'SMS')) {
      return {
        missing: /^(?:iMessage|SMS|RCS)$/u.test(args.account)
          ? `account 1 whose service type = ${args.account}`
          : `account id "${args.account}"`,
      };
    }
    return notFound.includes('participant')
      ? { missing: `participant "${args.name}"` }
      : { form: 'participant', handle: args.name, service };
  }
  const found: ResolvedTarget[] = [];
  messages.write((writer) => {
    const chat = writer.places.find(args.name);
    if (chat !== null && !notFound.includes('chat')) {
      found.push({ form: 'chat', chat, participants: writer.places.participants(chat.rowId) });
    }
  });
  return found[0] ?? { missing: `chat id "${args.name}"` };
}

/** Carries out sends as planned: the row after a while, its chat and body perhaps later still, then its life. */
export class SendActs {
  readonly #messages: SimulatedMessages;
  readonly #acts: Acts;
  readonly #life: RowLife;
  readonly #timing: () => Timing;
  readonly #era: Era;

  constructor(options: {
    readonly messages: SimulatedMessages;
    readonly acts: Acts;
    readonly life: RowLife;
    readonly timing: () => Timing;
    readonly era: Era;
  }) {
    this.#messages = options.messages;
    this.#acts = options.acts;
    this.#life = options.life;
    this.#timing = options.timing;
    this.#era = options.era;
  }

  start(target: ResolvedTarget, payload: Payload, plan: SendPlan, mark: Mark): void {
    mark('taken');
    if (plan.row !== 'none') {
      this.#acts.later(plan.rowDelayMs, () =>
        this.#messages.write((writer) => this.#writeRow(writer, target, payload, plan, mark)),
      );
    }
  }

  #writeRow(
    writer: ChatDbWriter,
    target: ResolvedTarget,
    payload: Payload,
    plan: SendPlan,
    mark: Mark,
  ): void {
    const { chat, service } = placeOf(writer, target);
    if (plan.row === 'ghost') {
      mark('row', writer.insertGhost(chat.identifier).guid);
      return;
    }
    const place = plan.row === 'wrong-chat' ? wrongChat(writer, chat) : chat;
    const text = payload.kind === 'text' ? payload.text : '';
    const isReadable = payload.kind === 'text' || isInside(payload.path, this.#messages.path);
    const row = writer.insertOutgoing({
      chat: place,
      text,
      service,
      join: 'late',
      body: plan.bodyDelayMs === null ? 'with' : 'late',
      ...(payload.kind === 'file' ? { attachments: [attachmentOf(payload.path)] } : {}),
      attachmentJoin: plan.attachmentDelayMs === null ? 'with' : 'late',
      columns: this.#columns(text, service, plan),
    });
    mark('row', row.guid);
    this.#complete(row, text, plan, mark);
    if (payload.kind === 'file') {
      this.#transfer(row.guid, isReadable && plan.fate !== 'transfer-failed');
    }
    const own: OwnRow = {
      guid: row.guid,
      chat: place,
      text: payload.kind === 'text' ? payload.text : basename(payload.path),
      service,
      form: target.form,
      recipients: place.style === 'direct' ? [place.identifier] : writer.places.participants(place.rowId),
      receipts: plan.receipts,
      mark,
    };
    this.#life.begin(own, isReadable ? plan.fate : { error: 25 });
  }

  /** What a fault sets otherwise than the macOS of this Mac would. */
  #columns(text: string, service: string, plan: SendPlan): Record<string, Cell> {
    const line = plan.line === null ? {} : { destination_caller_id: plan.line };
    if (plan.body === 'whole' || plan.bodyDelayMs !== null) {
      return line;
    }
    const { attributedBody } = bodyColumns(this.#era, text, [], { isFromMe: true, service });
    return {
      ...line,
      text: null,
      ...(plan.body === 'corrupt' && Buffer.isBuffer(attributedBody)
        ? { attributedBody: attributedBody.subarray(0, 24) }
        : {}),
    };
  }

  #complete(row: NewRow, text: string, plan: SendPlan, mark: Mark): void {
    const { joinDelayMs, bodyDelayMs, attachmentDelayMs } = plan;
    const later = (ms: number, work: (writer: ChatDbWriter, rowId: number) => void) =>
      this.#acts.later(ms, () => this.#messages.onRow(row.guid, work));
    if (joinDelayMs !== null) {
      later(joinDelayMs, (writer, rowId) => {
        writer.joinLater(rowId);
        mark('joined');
      });
    }
    if (bodyDelayMs !== null) {
      later(bodyDelayMs, (writer, rowId) => writer.fillBody(rowId, text));
    }
    if (attachmentDelayMs !== null) {
      later(attachmentDelayMs, (writer, rowId) => writer.joinAttachments(rowId));
    }
  }

  #transfer(guid: string, ok: boolean): void {
    this.#acts.later(this.#timing().transferDelayMs, () =>
      this.#messages.onRow(guid, (writer, rowId) => {
        for (const attachment of writer.attachmentsOf(rowId)) {
          writer.setTransferState(attachment, ok ? 5 : 6);
        }
      }),
    );
  }
}

/** Where it goes now: another database may have taken the place of the one in which the target was found. */
function placeOf(
  writer: ChatDbWriter,
  target: ResolvedTarget,
): { readonly chat: ChatPlace; readonly service: string } {
  return target.form === 'chat'
    ? {
        chat: writer.presentChat(target.chat, target.participants),
        service: target.chat.guid.startsWith('SMS;') ? 'SMS' : 'iMessage',
      }
    : {
        chat: writer.ensureChat({ style: 'direct', handle: target.handle, service: target.service }),
        service: target.service,
      };
}

/** A group beside the chat that was meant, with the same people: what a wrong guid has been seen to make. */
function wrongChat(writer: ChatDbWriter, chat: ChatPlace): ChatPlace {
  const participants = chat.style === 'direct' ? [chat.identifier] : writer.places.participants(chat.rowId);
  return writer.ensureChat({
    style: 'group',
    id: `chat9${String(chat.rowId).padStart(17, '0')}`,
    name: null,
    participants,
  });
}

function attachmentOf(path: string) {
  return {
    name: basename(path),
    mimeType: mimeTypeOf(path),
    size: existsSync(path) ? statSync(path).size : 0,
    filename: path,
    state: 3,
  };
}

/** Messages is sandboxed: of all places that a daemon would use, it can read its own folder only. */
function isInside(path: string, database: string): boolean {
  return path.startsWith(database.slice(0, -'chat.db'.length)) && existsSync(path);
}

import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Acts } from './acts.ts';
import type { ChatDbWriter } from './chat-db-writer.ts';
import type { ChatPlace } from './chat-places.ts';
import { mimeTypeOf } from './mime-types.ts';
import type { NewRow } from './new-rows.ts';
import type { OwnRow, RowLife } from './row-life.ts';
import { ACCOUNT_GUID, SMS_ACCOUNT_GUID } from './own-account.ts';
import type { SendPlan } from './send-plan.ts';
import type { SimulatedMessages } from './simulated-messages.ts';
import type { Timing } from './timing.ts';

/** Where a script wants it to go, found: an existing chat, or a contact on a service. */
export type ResolvedTarget =
  | { readonly form: 'chat'; readonly chat: ChatPlace }
  | { readonly form: 'participant'; readonly handle: string; readonly service: 'iMessage' | 'SMS' };

export type Payload =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

/**
 * Looks up what a script's arguments name, as Messages' scripting layer does: a chat by its exact guid; a contact by
 * any string at all, on an account that exists.
 * @returns the target, or what could not be got, in AppleScript's words
 */
export function resolveTarget(
  messages: SimulatedMessages,
  args: { readonly form: string; readonly name: string; readonly account: string },
): ResolvedTarget | { readonly missing: string } {
  if (args.form === 'participant') {
    const named = new Map([
      [ACCOUNT_GUID, 'iMessage'],
      [SMS_ACCOUNT_GUID, 'SMS'],
    ]);
    const service = named.get(args.account) ?? args.account;
    return service === 'iMessage' || service === 'SMS'
      ? { form: 'participant', handle: args.name, service }
      : { missing: `account id "${args.account}"` };
  }
  const found: ChatPlace[] = [];
  messages.write((writer) => {
    const chat = writer.places.find(args.name);
    if (chat !== null) {
      found.push(chat);
    }
  });
  const [chat] = found;
  return chat === undefined ? { missing: `chat id "${args.name}"` } : { form: 'chat', chat };
}

/** Carries out sends as planned: the row after a while, its chat and body perhaps later still, then its life. */
export class SendActs {
  readonly #messages: SimulatedMessages;
  readonly #acts: Acts;
  readonly #life: RowLife;
  readonly #timing: () => Timing;

  constructor(options: {
    readonly messages: SimulatedMessages;
    readonly acts: Acts;
    readonly life: RowLife;
    readonly timing: () => Timing;
  }) {
    this.#messages = options.messages;
    this.#acts = options.acts;
    this.#life = options.life;
    this.#timing = options.timing;
  }

  start(target: ResolvedTarget, payload: Payload, plan: SendPlan): void {
    if (plan.row !== 'none') {
      this.#acts.later(plan.rowDelayMs, () =>
        this.#messages.write((writer) => this.#writeRow(writer, target, payload, plan)),
      );
    }
  }

  #writeRow(writer: ChatDbWriter, target: ResolvedTarget, payload: Payload, plan: SendPlan): void {
    const { chat, service } = placeOf(writer, target);
    if (plan.row === 'ghost') {
      writer.insertGhost(chat.identifier);
      return;
    }
    const place = plan.row === 'wrong-chat' ? wrongChat(writer, chat) : chat;
    const text = payload.kind === 'text' ? payload.text : '';
    const row = writer.insertOutgoing({
      chat: place,
      text,
      service,
      join: 'late',
      body: plan.bodyDelayMs === null ? 'with' : 'late',
      ...(payload.kind === 'file' ? { attachments: [attachmentOf(payload.path)] } : {}),
    });
    this.#complete(row, text, plan);
    if (payload.kind === 'file') {
      this.#transfer(row.guid, isReadable(payload.path, this.#messages.path));
    }
    const own: OwnRow = {
      guid: row.guid,
      chat: place,
      text: payload.kind === 'text' ? payload.text : basename(payload.path),
      service,
      recipients: place.style === 'direct' ? [place.identifier] : writer.places.participants(place.rowId),
    };
    const unreadable = payload.kind === 'file' && !isReadable(payload.path, this.#messages.path);
    this.#life.begin(own, unreadable ? { error: 25 } : plan.fate);
  }

  #complete(row: NewRow, text: string, plan: SendPlan): void {
    if (plan.joinDelayMs !== null) {
      this.#acts.later(plan.joinDelayMs, () =>
        this.#messages.onRow(row.guid, (writer, rowId) => writer.joinLater(rowId)),
      );
    }
    if (plan.bodyDelayMs !== null) {
      this.#acts.later(plan.bodyDelayMs, () =>
        this.#messages.onRow(row.guid, (writer, rowId) => writer.fillBody(rowId, text)),
      );
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

function placeOf(
  writer: ChatDbWriter,
  target: ResolvedTarget,
): { readonly chat: ChatPlace; readonly service: string } {
  return target.form === 'chat'
    ? { chat: target.chat, service: target.chat.guid.startsWith('SMS;') ? 'SMS' : 'iMessage' }
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
function isReadable(path: string, database: string): boolean {
  return path.startsWith(database.slice(0, -'chat.db'.length)) && existsSync(path);
}

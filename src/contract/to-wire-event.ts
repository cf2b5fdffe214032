import type { BridgeEvent, EventType, Handle, Instant, Message, Origin, Sequence } from '../domain/index.ts';
import type { WireEvent } from './event.ts';
import { fileId, lineIdOrUnknown } from './ids.ts';
import { place } from './place.ts';
import { toWireAttachment } from './to-wire-attachment.ts';
import { toWireChat } from './to-wire-chat.ts';
import { toWireMessage, transcriptionOf, writerOf, type MessageContext } from './to-wire-message.ts';
import { toWireCommand } from './to-wire-outbox-item.ts';
import { toWireReaction } from './to-wire-reaction.ts';
import { API_VERSION } from './version.ts';

/** Of an attachment that the message no longer lists. */
const GONE = { transfer_state: 5, ready: false, is_outgoing: false, is_sticker: false };

/**
 * What an event's envelope carries: its name, its line (`null` only for events of the bridge itself, `ln_unknown`
 * where a row names none) and its data. `syncedAt` is the moment of journalling.
 */
export function toWireEvent(
  event: BridgeEvent,
  context: { readonly syncedAt: Instant },
): { readonly type: EventType; readonly lineId: string | null; readonly data: unknown } {
  return { type: event.type, ...bodyOf(event, context.syncedAt) };
}

/** The event as it is stored and sent. `id` is `evt_` and something sortable; `at` is when it was journalled. */
export function envelope(fields: {
  readonly id: string;
  readonly sequence: Sequence;
  readonly at: Instant;
  readonly bridgeId: string;
  readonly type: EventType;
  readonly lineId: string | null;
  readonly data: unknown;
}): WireEvent {
  return {
    id: fields.id,
    type: fields.type,
    timestamp: new Date(fields.at).toISOString(),
    sequence: fields.sequence,
    bridge_id: fields.bridgeId,
    line_id: fields.lineId,
    api_version: API_VERSION,
    data: fields.data,
  };
}

function bodyOf(event: BridgeEvent, syncedAt: Instant): { lineId: string | null; data: unknown } {
  switch (event.type) {
    case 'message.received':
    case 'message.created':
    case 'message.sent':
    case 'message.delivered':
    case 'message.failed':
    case 'message.edited':
    case 'message.unsent':
    case 'message.updated':
      return onLine(event.message.line, toWireMessage(event.message, contextOf(event, syncedAt)));
    case 'message.read':
      return onLine(event.message.line, {
        ...toWireMessage(event.message, contextOf(event, syncedAt)),
        reader: event.reader,
      });
    case 'message.deleted':
      return onLine(event.line, { ...place(event.guid, event.chat, event.line), deleted: true });
    case 'reaction.added':
    case 'reaction.removed':
      return onLine(event.reaction.line, toWireReaction(event.reaction, syncedAt));
    case 'attachment.ready':
      return onLine(event.message.line, attachmentData(event));
    case 'chat.created':
      return onLine(event.chat.line, toWireChat(event.chat));
    case 'chat.updated':
      return onLine(event.message.line, {
        ...place(event.message.guid, event.chat, event.message.line),
        change: event.change,
        name: event.displayName ?? undefined,
        handle: event.change === 'address_changed' ? subjectOf(event.message) : undefined,
        sender: writerOf(event.message),
      });
    case 'participant.added':
    case 'participant.removed':
      return onLine(event.message.line, {
        ...place(event.message.guid, event.chat, event.message.line),
        handle: event.handle ?? undefined,
        sender: writerOf(event.message),
      });
    case 'command.updated':
      return onLine(event.command.line, toWireCommand(event.command));
    case 'line.state_changed':
      return onLine(event.line, {
        line_id: lineIdOrUnknown(event.line),
        state: event.state,
        previous: event.previous,
        reason: event.reason ?? undefined,
        report_at: event.reportAt ?? undefined,
      });
    case 'line.reputation_changed':
      return onLine(event.line, {
        line_id: lineIdOrUnknown(event.line),
        reputation: event.reputation,
        previous: event.previous,
        signals: [...event.signals],
      });
    case 'line.limit_reached':
      return onLine(event.line, {
        line_id: lineIdOrUnknown(event.line),
        rule: event.rule,
        used: event.used,
        limit: event.limit,
        percent: event.percent,
        window_seconds: event.windowSeconds ?? undefined,
      });
    case 'contact.opted_out':
      return onLine(event.line, {
        ...place(event.message, event.chat, event.line),
        handle: event.handle ?? undefined,
      });
    case 'webhook.disabled':
      return {
        lineId: null,
        data: {
          webhook_id: event.webhook,
          reason: event.reason,
          failing_since: event.failingSince ?? undefined,
        },
      };
    case 'bridge.started':
      return { lineId: null, data: { version: event.version, api_version: API_VERSION } };
    case 'bridge.health_changed':
      return { lineId: null, data: { status: event.status, codes: [...event.codes] } };
    case 'bridge.gap':
      return {
        lineId: null,
        data: { reason: event.reason, last_row_id: event.lastRowId, since: event.since ?? undefined },
      };
    default:
      return event satisfies never;
  }
}

function contextOf(
  event: { readonly origin: Origin | null; readonly isLate: boolean },
  syncedAt: Instant,
): MessageContext {
  return { origin: event.origin, syncedAt, isLate: event.isLate };
}

function subjectOf({ kind }: Message): Handle | undefined {
  return kind.kind === 'group_event' ? (kind.subject ?? undefined) : undefined;
}

function onLine(line: Handle | null, data: object): { lineId: string; data: object } {
  return { lineId: lineIdOrUnknown(line), data };
}

function attachmentData(event: Extract<BridgeEvent, { type: 'attachment.ready' }>): object {
  const { message, attachmentGuid } = event;
  const attachment = message.attachments.find((candidate) => candidate.guid === attachmentGuid);
  const known =
    attachment === undefined
      ? { id: fileId(attachmentGuid), guid: attachmentGuid, size: 0, ...GONE }
      : toWireAttachment(attachment, transcriptionOf(message, attachmentGuid));
  return { ...known, ...place(message.guid, message.chat, message.line) };
}

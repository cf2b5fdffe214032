import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { anInbound, aMessage, aCommand, anAttempt, UNSENT } from '../../test/support/message.ts';
import { chatId, fileId, lineId, messageId } from '../contract/index.ts';
import { chatKey, instant, messageGuid, sequence } from '../domain/index.ts';
import { deliveryId, parseEvent } from '../webhooks/index.ts';
import { CONTACT, LINE, listed, sampleChat, type Bench } from './test-bench.ts';

/** Words and addresses that stand in what the bench below holds: no key that may not see them is ever to read them. */
export const CANARIES = ['canary words', CONTACT] as const;

const TEXT = 'canary words';
const GUID = 'EXAMPLE-GUID';
const FILE = fileId('EXAMPLE-FILE');
const NOW = 1_700_000_000_000;

/** What a client sends to a route, and what it is answered. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  /** Of an error. */
  readonly code?: string;
  /** The answer does not end by itself: only its beginning is read. */
  readonly isStream?: true;
}

interface Examples {
  readonly good: readonly Example[];
  /** Beyond what is tried with every route: see the walk. */
  readonly bad?: readonly Example[];
}

const line = { id: lineId(LINE) };
const message = { id: messageId(messageGuid(GUID)) };
const noMessage = { params: { id: 'msg_000000000000000000000000' }, status: 404, code: 'message_not_found' };
const noLine = { params: { id: 'ln_000000000000000000000000' }, status: 404, code: 'line_not_found' };
const webhook = { id: 'WEBHOOK_ID' };
const delivery = { ...webhook, delivery: 'DELIVERY_ID' };
const noWebhook = { params: { id: 'whk_none' }, status: 404, code: 'webhook_not_found' };
const noDelivery = {
  params: { ...webhook, delivery: 'dlv_none' },
  status: 404,
  code: 'delivery_not_found',
};
const noItem = { params: { id: 'obx_none' }, status: 404, code: 'outbox_item_not_found' };
const invalid = { status: 400, code: 'invalid_parameter_value' };
const unable = { status: 400, code: 'capability_unavailable' };
const order = (): Examples => ({ good: [{ params: line, status: 200 }], bad: [noLine] });

/**
 * By the `operationId` of the route. Whoever adds a route adds at least one good example here; the walk fails without.
 * `FILE_ID` in a body stands for an upload of the key's own, which is a sound; `WEBHOOK_ID` and `DELIVERY_ID` stand for
 * what `furnish` makes.
 */
export const EXAMPLES: Readonly<Record<string, Examples>> = {
  sendMessage: {
    good: [
      { body: { to: CONTACT, text: 'hello' }, status: 201 },
      { body: { to: CONTACT, attachments: ['FILE_ID'] }, status: 201 },
      { query: { dry_run: 'true' }, body: { to: CONTACT, text: 'hello' }, status: 200 },
    ],
    bad: [
      { body: { to: 'Kim', text: 'hello' }, status: 400, code: 'invalid_parameter_value' },
      { body: { to: 'cht_000000000000000000000000', text: 'x' }, status: 404, code: 'chat_not_found' },
      { body: { to: CONTACT, text: 'hello', effect: 'confetti' }, ...unable },
      { body: { to: CONTACT, text: 'x', from: 'owner@example.com' }, status: 403, code: 'line_not_sendable' },
    ],
  },
  listMessages: {
    good: [
      { status: 200 },
      { query: { from: LINE, to: CONTACT, limit: '1', is_from_me: 'false' }, status: 200 },
    ],
    bad: [{ query: { limit: '0' }, status: 400, code: 'invalid_parameter_value' }],
  },
  getMessage: { good: [{ params: message, status: 200 }], bad: [noMessage] },
  editMessage: {
    good: [],
    bad: [
      { params: message, body: { text: 'x' }, ...unable },
      { ...noMessage, body: { text: 'x' } },
    ],
  },
  unsendMessage: { good: [], bad: [{ params: message, ...unable }, noMessage] },
  sendAudioMessage: {
    good: [{ body: { to: CONTACT, audio_message: 'FILE_ID' }, status: 201 }],
    bad: [{ body: { to: CONTACT, audio_message: 'file_none' }, status: 404, code: 'file_not_found' }],
  },
  sendVoiceNote: {
    good: [{ body: { from: LINE, to: CONTACT, voice_note: 'FILE_ID' }, status: 201 }],
    bad: [{ body: { to: CONTACT, voice_note: 'FILE_ID', reply_to: GUID }, ...unable }],
  },
  sendContactCard: {
    good: [{ body: { to: CONTACT, card: { first_name: 'Ann' }, force: true }, status: 201 }],
    bad: [{ body: { to: CONTACT, vcard: 'nonsense' }, status: 400, code: 'invalid_contact_card' }],
  },
  sendReaction: {
    good: [],
    bad: [{ body: { from: LINE, to: CONTACT, message_id: GUID, type: 'love' }, ...unable }],
  },
  listReactions: {
    good: [{ query: { message_id: GUID }, status: 200 }],
    bad: [{ query: { message_id: 'none' }, status: 404, code: 'message_not_found' }],
  },
  sendTyping: { good: [], bad: [{ body: { from: LINE, to: CONTACT }, ...unable }] },
  listTyping: { good: [], bad: [{ query: { from: LINE, to: CONTACT }, ...unable }] },
  sendReceipt: { good: [], bad: [{ body: { from: LINE, to: CONTACT }, ...unable }] },
  listReceipts: {
    good: [{ query: { from: LINE, to: CONTACT }, status: 200 }],
    bad: [{ query: { to: 'Kim' }, status: 400, code: 'invalid_parameter_value' }],
  },
  linkFile: {
    good: [{ query: { id: FILE }, status: 302 }],
    bad: [{ query: { id: 'file_none' }, status: 404, code: 'file_not_found' }],
  },
  uploadFile: {
    good: [{ headers: { 'content-type': 'text/plain', 'x-filename': 'a.txt' }, body: 'bytes', status: 201 }],
    bad: [{ headers: { 'content-type': 'text/plain' }, body: '', status: 400, code: 'empty_file' }],
  },
  getFile: {
    good: [
      { params: { id: FILE }, status: 200 },
      { params: { id: FILE }, headers: { range: 'bytes=0-1' }, status: 206 },
      { params: { id: FILE }, headers: { 'if-none-match': '"v1"' }, status: 304 },
    ],
    bad: [
      { params: { id: FILE }, headers: { range: 'bytes=99-' }, status: 416, code: 'range_not_satisfiable' },
      { params: { id: 'file_none' }, status: 404, code: 'file_not_found' },
    ],
  },
  listChats: { good: [{ status: 200 }, { query: { from: LINE, limit: '1' }, status: 200 }] },
  getChat: {
    good: [{ params: { id: chatId(chatKey('direct', CONTACT)) }, status: 200 }],
    bad: [{ params: { id: 'cht_000000000000000000000000' }, status: 404, code: 'chat_not_found' }],
  },
  listLines: { good: [{ status: 200 }] },
  getLine: { good: [{ params: line, status: 200 }], bad: [noLine] },
  pauseLine: order(),
  resumeLine: order(),
  flagLine: order(),
  clearLine: order(),
  getLineUsage: { good: [{ params: line, status: 200 }], bad: [noLine] },
  getLineReport: { good: [{ params: line, status: 200 }], bad: [noLine] },
  getLineContact: {
    good: [{ params: { ...line, handle: CONTACT }, status: 200 }],
    bad: [{ params: { ...line, handle: 'Kim' }, status: 400, code: 'invalid_parameter_value' }],
  },
  setLineContact: {
    good: [{ params: { ...line, handle: CONTACT }, body: { time_zone: 'Europe/Rome' }, status: 200 }],
    bad: [
      {
        params: { ...line, handle: CONTACT },
        body: { time_zone: 'Nowhere' },
        status: 400,
        code: 'invalid_parameter_value',
      },
    ],
  },
  getLineLink: {
    good: [{ params: line, query: { body: 'Hi' }, status: 200 }],
    bad: [noLine],
  },
  makeLineLink: {
    good: [{ params: line, body: { body: 'Hi' }, status: 200 }],
    bad: [{ ...noLine, body: {} }],
  },
  getLimits: {
    good: [{ status: 200 }],
    bad: [{ query: { rule: 'x' }, status: 400, code: 'invalid_parameter_value' }],
  },
  lowerLimits: {
    good: [{ body: { rules: { reach_out_limit: { limit: 20 } } }, status: 200 }],
    bad: [
      { body: { rules: { reach_out_limit: { limit: 500 } } }, status: 422, code: 'limit_not_lower' },
      { body: { rules: { no_such_rule: { limit: 1 } } }, status: 400, code: 'invalid_parameter_value' },
      { body: { rules: {} }, status: 400, code: 'invalid_parameter_value' },
    ],
  },
  restoreLimits: {
    good: [{ status: 200 }, { body: {}, status: 200 }],
    bad: [{ body: { rules: {} }, status: 400, code: 'invalid_parameter_value' }],
  },
  getSandbox: { good: [{ status: 200 }] },
  renewSandbox: { good: [{ status: 200 }] },
  listOutbox: {
    good: [{ status: 200 }, { query: { id: 'obx_unknown' }, status: 200 }],
    bad: [{ query: { id: 'obx_none' }, status: 404, code: 'outbox_item_not_found' }],
  },
  getOutboxItem: { good: [{ params: { id: 'obx_unknown' }, status: 200 }], bad: [noItem] },
  cancelOutboxItem: {
    good: [
      { params: { id: 'obx_queued' }, status: 200 },
      { params: { id: 'obx_queued' }, headers: { 'content-type': 'application/json' }, status: 200 },
    ],
    bad: [{ params: { id: 'obx_unknown' }, status: 422, code: 'outbox_item_not_cancelable' }, noItem],
  },
  resolveOutboxItem: {
    good: [{ params: { id: 'obx_unknown' }, body: { as: 'sent' }, status: 200 }],
    bad: [
      { params: { id: 'obx_queued' }, body: { as: 'sent' }, status: 422, code: 'outbox_item_not_unknown' },
      { ...noItem, body: { as: 'sent' } },
    ],
  },
  listEvents: {
    good: [
      { status: 200 },
      { query: { after: '0', limit: '1', types: 'bridge.started' }, status: 200 },
      { query: { since: '0' }, status: 200 },
    ],
    bad: [
      { query: { types: 'typing.started' }, ...unable },
      { query: { since: 'yesterday' }, status: 400, code: 'invalid_parameter_value' },
    ],
  },
  streamEvents: { good: [], bad: [{ status: 426, code: 'upgrade_required' }] },
  streamEventsSse: {
    good: [
      { status: 200, isStream: true },
      { headers: { 'last-event-id': 'epoch-1/1' }, status: 200, isStream: true },
    ],
    bad: [{ headers: { 'last-event-id': 'x y' }, status: 400, code: 'invalid_parameter_value' }],
  },
  listWebhooks: {
    good: [{ status: 200 }, { query: { from: LINE, limit: '1' }, status: 200 }],
    bad: [{ query: { cursor: 'x' }, status: 400, code: 'invalid_parameter_value' }],
  },
  createWebhook: {
    good: [
      { body: { url: 'https://example.com/hook' }, status: 201 },
      { body: { url: 'https://example.com/hook', from: LINE, events: ['message.received'] }, status: 201 },
    ],
    bad: [
      { body: { url: 'http://example.com/hook' }, status: 400, code: 'webhook_url_not_allowed' },
      { body: { url: 'https://example.com/', events: ['typing.started'] }, ...unable },
      { body: { url: 'https://example.com/', events: ['no.such'] }, ...invalid },
      { body: { url: 'https://example.com/', from: LINE, lines: [LINE] }, ...invalid },
    ],
  },
  getWebhook: { good: [{ params: webhook, status: 200 }], bad: [noWebhook] },
  updateWebhook: {
    good: [
      {
        params: webhook,
        body: { lines: null, events: ['*'], description: null, is_active: false },
        status: 200,
      },
    ],
    bad: [
      {
        params: webhook,
        body: { url: 'https://169.254.169.254/' },
        status: 400,
        code: 'webhook_url_not_allowed',
      },
      { ...noWebhook, body: {} },
    ],
  },
  deleteWebhook: {
    good: [
      { params: webhook, status: 200 },
      { params: webhook, headers: { 'content-type': 'application/json' }, status: 200 },
    ],
    bad: [noWebhook],
  },
  deleteWebhookByBody: {
    good: [{ body: webhook, status: 200 }],
    bad: [{ ...noWebhook, params: {}, body: { id: 'whk_none' } }],
  },
  listWebhookDeliveries: {
    good: [
      { params: webhook, status: 200 },
      { params: webhook, query: { state: 'pending', limit: '1' }, status: 200 },
    ],
    bad: [{ params: webhook, query: { state: 'lost' }, ...invalid }, noWebhook],
  },
  getWebhookDelivery: { good: [{ params: delivery, status: 200 }], bad: [noDelivery] },
  replayWebhookDelivery: { good: [{ params: delivery, status: 200 }], bad: [noDelivery] },
  replayWebhook: {
    good: [
      { params: webhook, body: { after: 0, limit: 1 }, status: 200 },
      { params: webhook, body: { only_failed: true }, status: 200 },
    ],
    bad: [
      { params: webhook, body: {}, status: 400, code: 'missing_required_parameter' },
      { ...noWebhook, body: { since: 0 } },
    ],
  },
  rotateWebhookSecret: {
    good: [
      { params: webhook, body: { overlap_seconds: 60 }, status: 200 },
      { params: webhook, status: 200 },
    ],
    bad: [{ params: webhook, body: { overlap_seconds: -1 }, ...invalid }, noWebhook],
  },
  enableWebhook: {
    good: [
      { params: webhook, body: { skip_missed: true }, status: 200 },
      { params: webhook, status: 200 },
    ],
    bad: [noWebhook],
  },
  testWebhook: { good: [{ params: webhook, status: 200 }], bad: [noWebhook] },
  getHealth: { good: [{ status: 200 }] },
  getLiveness: { good: [{ status: 200 }] },
  getDiagnosis: { good: [{ status: 200 }] },
  forgetContact: {
    good: [{ body: { handle: '+15550002222' }, status: 200 }],
    bad: [{ body: { handle: 'Kim' }, status: 400, code: 'invalid_parameter_value' }],
  },
  getMetrics: { good: [{ status: 200 }] },
  getLogSettings: { good: [{ status: 200 }] },
  changeLogSettings: {
    good: [
      { body: { level: 'debug', for_minutes: 10 }, status: 200 },
      { body: { level: 'info' }, status: 200 },
    ],
    bad: [
      { body: { level: 'loud' }, status: 400, code: 'invalid_parameter_value' },
      { body: { level: 'debug', for_minutes: 1441 }, status: 400, code: 'invalid_parameter_value' },
    ],
  },
  getOpenApi: { good: [{ status: 200 }] },
  getReference: { good: [{ status: 200 }] },
  getReferenceScript: { good: [{ status: 200 }] },
};

const READ = { ...UNSENT, isSent: true, isDelivered: true, isRead: true, readAt: instant(NOW) };
const UNKNOWN = { name: 'unknown', cause: 'no_row', since: instant(NOW), final: false } as const;

/** The path or the body of an example, with the ids that its placeholders stand for by now. */
export function filled(text: string, { placeholders }: Bench): string {
  return text.replaceAll(/\b(?:FILE|WEBHOOK|DELIVERY)_ID\b/gu, (name) => placeholders.get(name) ?? name);
}

/** Fills the rooms behind the door with what the examples ask for. */
export async function furnish(bench: Bench): Promise<void> {
  const { rooms, folder } = bench;
  const path = join(folder, 'example.png');
  writeFileSync(path, 'bytes');
  rooms.chats = [sampleChat(CONTACT)];
  rooms.messages = [
    listed(aMessage({ guid: messageGuid(GUID), line: LINE, text: TEXT, delivery: READ }), '2'),
    listed(anInbound({ guid: messageGuid('OTHER'), line: LINE, text: TEXT }), '1'),
  ];
  rooms.files.set(FILE, {
    filename: 'example.png',
    mimeType: 'image/png',
    lines: [LINE],
    isOnDisk: true,
    open: async () => ({ handle: await open(path), size: 5, modifiedAt: NOW, version: 'v1' }),
  });
  rooms.commands = [
    aCommand('obx_queued', { line: LINE, attempts: [], text: TEXT }),
    aCommand('obx_unknown', { line: LINE, text: TEXT, attempts: [anAttempt({ state: UNKNOWN })] }),
  ];
  rooms.events = [
    {
      type: 'bridge.started',
      line: null,
      json: JSON.stringify({
        id: 'evt_1',
        type: 'bridge.started',
        timestamp: '2026-11-20T12:00:00.000Z',
        sequence: 1,
        bridge_id: 'mini-1',
        line_id: null,
        api_version: '2026-11-20',
        data: { version: '0.1.0', api_version: '2026-11-20' },
      }),
    },
  ];
  await furnishWebhooks(bench);
}

/** One webhook of the line, and a delivery of it that nobody takes. */
async function furnishWebhooks({ journal, webhooks, placeholders }: Bench): Promise<void> {
  await Promise.all(webhooks.list().map(({ id }) => webhooks.remove(id)));
  const message = anInbound({ guid: messageGuid('TOLD'), line: LINE, text: TEXT });
  journal.write((append) => append({ type: 'message.received', message, origin: null, isLate: false }));
  const after = sequence(journal.head() - 1);
  const [entry] = journal.read(after, 1, { types: null, lines: null }).entries;
  const { endpoint } = webhooks.create({
    url: 'http://127.0.0.1:9/hook',
    profile: 'standard',
    events: null,
    lines: [lineId(LINE)],
    includeBackfilled: false,
    description: TEXT,
  });
  const range = { after, to: null, since: null, until: null, onlyFailed: false };
  await webhooks.replayRange(endpoint.id, range, 1);
  placeholders.set('WEBHOOK_ID', endpoint.id);
  placeholders.set('DELIVERY_ID', deliveryId(endpoint.id, parseEvent(entry?.json ?? '').id));
}

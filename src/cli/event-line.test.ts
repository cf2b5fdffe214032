import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { anInbound } from '../../test/support/message.ts';
import { eventSchema, toWireMessage } from '../contract/index.ts';
import { instant } from '../domain/index.ts';
import { createAddressBook } from './address-book.ts';
import { eventLine, gapLine } from './event-line.ts';

const plain = pc.createColors(false);
const GROUP = 'cht_aaaaaaaaaaaaaaaaaaaaaaaa';
const AT = new Date(2026, 10, 21, 9, 8, 7);

function event(type: string, data: object, lineId: string | null = 'ln_1') {
  return eventSchema.parse({
    id: 'evt_1',
    type,
    timestamp: AT.toISOString(),
    sequence: 1,
    bridge_id: 'br_1',
    line_id: lineId,
    api_version: '2026-11-20',
    data,
  });
}

const message = (more: object) => ({
  ...toWireMessage(anInbound(), { origin: null, syncedAt: instant(1) }),
  id: 'msg_1',
  line_id: 'ln_1',
  line_handle: '+15559999',
  chat_id: 'cht_1',
  sender: '+15550001',
  ...more,
});

describe('eventLine', () => {
  it('tells time, line, direction, who and what, and shows an escape instead of obeying it', () => {
    const received = event('message.received', message({ text: 'two\n\u001B[2Jlines' }));
    expect(eventLine(received, createAddressBook(), plain)).toBe(
      '09:08:07  +15559999     ←  +15550001         two⏎␛[2Jlines',
    );
  });

  it('learns names as it goes: of a group from its creation, of a contact from a command', () => {
    const book = createAddressBook();
    const line = (type: string, data: object) => eventLine(event(type, data), book, plain);
    line('chat.created', {
      id: GROUP,
      line_id: 'ln_1',
      identifier: 'chat1',
      guid: 'any;+;chat1',
      service: 'iMessage',
      name: 'Friday crew',
      is_group: true,
      participants: ['+15550001', '+15550002'],
    });
    expect(line('message.received', message({ chat_id: GROUP, is_group: true }))).toContain(
      '+15550001 in Friday crew',
    );
    expect(line('message.sent', message({ chat_id: GROUP, is_from_me: true, state: 'sent' }))).toMatch(
      /→ {2}Friday crew {7}hello {2}sent$/u,
    );
    const queued = {
      id: 'obx_1',
      status: 'pending',
      state: 'queued',
      to: 'kim@example.com',
      chat_id: 'cht_2',
      line_id: 'ln_1',
      error: null,
      service: 'auto',
      parts: [],
      attempts: [],
      created_at: 1,
      updated_at: 1,
      expires_at: 2,
    };
    expect(line('command.updated', queued)).toContain('+15559999     ·  kim@example.com   obx_1  queued');
    expect(
      line(
        'message.created',
        message({ chat_id: 'cht_2', is_from_me: true, origin: 'device', state: 'created' }),
      ),
    ).toMatch(/→ {2}kim@example.com {3}hello {2}created on a device$/u);
  });

  it('names files, tapbacks, what was taken back and why a text failed', () => {
    const line = (type: string, data: object) => eventLine(event(type, data), createAddressBook(), plain);
    const file = {
      id: 'file_1',
      guid: 'A',
      filename: 'cat.jpg',
      size: 1,
      transfer_state: 5,
      is_sticker: false,
      ready: true,
      is_outgoing: false,
    };
    expect(line('message.received', message({ text: '\uFFFC', attachments: [file] }))).toMatch(
      /\[cat\.jpg\]$/u,
    );
    expect(line('message.unsent', message({ is_unsent: true, text: undefined }))).toMatch(
      /\(taken back\) {2}unsent$/u,
    );
    const failed = message({
      is_from_me: true,
      state: 'failed',
      error: { code: 22, message: 'not registered' },
    });
    expect(line('message.failed', failed)).toMatch(/hello: not registered {2}failed$/u);
  });

  it('tells what the line itself went through', () => {
    const line = (type: string, data: object) => eventLine(event(type, data), createAddressBook(), plain);
    expect(
      line('line.limit_reached', {
        line_id: 'ln_1',
        rule: 'reach_out_limit',
        used: 140,
        limit: 200,
        percent: 70,
      }),
    ).toContain('reach_out_limit: 140 of 200 used (70 %)');
    expect(
      line('line.state_changed', { line_id: 'ln_1', state: 'paused', previous: 'active', reason: 'holiday' }),
    ).toMatch(/holiday {2}paused$/u);
  });

  it('makes gaps loud, those of the stream and those of the database', () => {
    expect(gapLine({ from: 4, to: 9, reason: 'retention' }, plain)).toBe(
      '━━ gap: events 4 to 9 cannot be read: they are no longer kept ━━',
    );
    const gap = event('bridge.gap', { reason: 'database_replaced', last_row_id: 7 }, null);
    expect(eventLine(gap, createAddressBook(), plain)).toContain('━━ gap: ');
  });
});

import { describe, expect, it } from 'vitest';
import { redact, redactConfig } from './redact.ts';

describe('redact', () => {
  it.each([
    ['+15551234567', '[number]'],
    ['to +1 (555) 123-4567!', 'to [number]!'],
    ['call 555-123-4567 or 5551234567', 'call [number] or [number]'],
    ['any;-;+4915112345678', 'any;-;[number]'],
    ['kim.o+x@mail.example.co.uk', '[address]'],
    ['blk_0123456789abcdef_aA0-_aA0-_aA0-_', '[key]'],
    ['Authorization: bearer abc.def', 'Authorization: Bearer [key]'],
    ['whsec_abc+/=', '[secret]'],
    ['wss://me:pass@host/x', 'wss://[credentials]@host/x'],
    ['/Users/kim/Library/Logs', '~/Library/Logs'],
  ])('hides %s', (text, told) => {
    expect(redact(text, '/Users/kim')).toBe(told);
  });

  it.each([
    '"time":"2026-11-29T02:03:04.123Z"',
    '"at":1795917784123',
    'msg_0123456789abcdef obx_01KAHV6MZ8T5N2Q4X7C9D1E3FG evt_01KAHV6MZ8T5N2Q4X7C9D1E3FG',
    'http://127.0.0.1:5463',
    'macOS 15.6 (24G84), pid 4711, 27.10.0',
  ])('leaves %s', (text) => {
    expect(redact(text, '/Users/kim')).toBe(text);
  });
});

describe('redactConfig', () => {
  it('keeps keys, numbers, switches and choices; no other word, and no comment', () => {
    const yaml = [
      '# Kim has the password',
      'bridge: { id: kims-mac } # hers',
      'http:',
      '  port: 7000',
      'lines:',
      '  card_name: Kim & Sons',
      '  backup_numbers: ["+15551234567", kim@example.com]',
      '  contact_card: auto',
      'limits:',
      '  preset: strict',
      '  rules: { quiet_hours: { enabled: true, from: "21:00" } }',
      'messages: { db: /Users/kim/Library/Messages/chat.db }',
    ].join('\n');
    const told = redactConfig(yaml, '/Users/kim');
    expect(told).not.toMatch(/kim|hers|password|5551/iu);
    for (const kept of [
      'port: 7000',
      'contact_card: auto',
      'preset: strict',
      '21:00',
      '~/Library/Messages',
    ]) {
      expect(told).toContain(kept);
    }
    expect(redactConfig('a: [', '')).toMatch(/no YAML/u);
  });
});

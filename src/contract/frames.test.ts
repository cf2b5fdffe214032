import { describe, expect, it } from 'vitest';
import { clientFrameSchema, serverFrameSchema } from './frames.ts';

describe('frames', () => {
  it.each([
    { type: 'auth', key: 'blk_1' },
    { type: 'ack', sequence: 0 },
    { type: 'command', command_id: 'c-1', command: 'message.send', body: { to: '+15550001111' } },
    { type: 'command', command_id: 'c-1', command: 'not.yet.known', expires_at: 1 },
  ])('takes %j from a client', (frame) => {
    expect(clientFrameSchema.parse(frame)).toEqual(frame);
  });

  it.each([
    { type: 'ack', sequence: -1 },
    { type: 'ack' },
    { type: 'auth' },
    { type: 'hello' },
    { type: 'command', command: 'line.pause' },
    { type: 'command', command_id: '', command: 'line.pause' },
    { type: 'command', command_id: 'ü', command: 'line.pause' },
    { type: 'command', command_id: 'x'.repeat(256), command: 'line.pause' },
    null,
    'auth',
  ])('refuses %j from a client', (frame) => {
    expect(clientFrameSchema.safeParse(frame).success).toBe(false);
  });

  it.each([
    {
      type: 'hello',
      bridge_id: 'b',
      epoch: 'e',
      head_sequence: 9,
      oldest_sequence: 1,
      versions: ['2026-11-20'],
    },
    { type: 'caught_up', sequence: 9 },
    { type: 'gap', from: 1, to: 4, reason: 'retention' },
    { type: 'gap', from: 1, to: 0, reason: 'epoch_changed' },
    { type: 'command_result', command_id: 'c-1', result: 'accepted' },
    {
      type: 'command_result',
      command_id: 'c-1',
      result: 'rejected',
      error: { type: 'policy_error', code: 'line_paused', message: 'No.' },
    },
    { type: 'heartbeat', head_sequence: 9, status: 'healthy', at: 1_700_000_000_000 },
  ])('knows %j from the bridge', (frame) => {
    expect(serverFrameSchema.parse(frame)).toEqual(frame);
  });
});

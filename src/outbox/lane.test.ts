import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aMessage, KIM } from '../../test/support/message.ts';
import { handle, instant, rowId, type CommandId, type Message } from '../domain/index.ts';
import { createJournal, type Journal } from '../events/index.ts';
import type { SendOutcome } from '../messages-app/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createOutbox, type Outbox } from './outbox.ts';

const HOUR_MS = 3_600_000;
const PROOF_WINDOW_MS = 8_000;
const FOLLOW_UP_MS = 900_000;

/** The lane on a clock that stands still until it is told: what time does to commands, without waiting for it. */
describe('the lane', () => {
  let folder: string;
  let store: Store;
  let journal: Journal;
  let clock: ManualClock;
  let outbox: Outbox;
  let outcomes: SendOutcome[];
  let sent: string[];
  let canProve: boolean;

  const start = () => {
    outbox = createOutbox({
      store,
      journal,
      clock,
      log: createLogger('silent'),
      app: {
        sendText: (_, text) => {
          sent.push(text);
          return Promise.resolve(outcomes.shift() ?? { outcome: 'accepted' });
        },
        probe: () => Promise.resolve({ state: 'running', accounts: [] }),
      },
      monitor: {
        status: () => ({ state: 'running', accounts: [] }),
        whileSending: (work) => work(),
        checkNow: () => Promise.resolve(),
      },
      proofWindowMs: PROOF_WINDOW_MS,
      followUpMs: FOLLOW_UP_MS,
      watermark: () => rowId(10),
      address: () => ({ form: 'chat', guid: `any;-;${KIM}` }),
      canProve: () => canProve,
      isReply: () => false,
    });
    outbox.start();
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-lane-'));
    store = openStore(folder);
    clock = new ManualClock(1_800_000_000_000);
    journal = createJournal({ store, clock, bridgeId: 'b', epoch: 'e' });
    outcomes = [];
    sent = [];
    canProve = true;
    start();
  });
  afterEach(async () => {
    await outbox.stop();
    store.close();
    rmSync(folder, { recursive: true });
  });

  const accept = (text: string): CommandId => {
    const result = outbox.accept({
      keyId: 'k',
      idempotencyKey: null,
      requestHash: 'h',
      target: { to: 'handle', handle: handle(KIM) },
      text,
      line: null,
      expiresAt: null,
    });
    if (result.outcome === 'conflict') {
      throw new Error('a keyless command cannot conflict');
    }
    return result.command.id;
  };
  const state = (id: CommandId) => outbox.get(id)?.state;
  const reaches = (id: CommandId, name: string) => vi.waitFor(() => expect(state(id)?.name).toBe(name));
  const see = (text: string, fields: Partial<Message> = {}) => {
    const message = aMessage({ text, rowId: rowId(11), sentAt: clock.now(), ...fields });
    journal.write((append) => {
      for (const event of outbox.observe(message).events) {
        append(event);
      }
    });
  };

  it('goes on after the window though the clock was set back meanwhile', async () => {
    const first = accept('one');
    const second = accept('two');
    await reaches(first, 'dispatched');
    vi.spyOn(clock, 'now').mockReturnValue(instant(1_800_000_000_000 - HOUR_MS));
    clock.advance(PROOF_WINDOW_MS);
    await reaches(first, 'unknown');
    await reaches(second, 'dispatched');
    vi.restoreAllMocks();
    expect(sent).toEqual(['one', 'two']);
  });

  it('holds an equal text back until the follow-up of an unknown one has ended', async () => {
    const first = accept('same');
    await reaches(first, 'dispatched');
    clock.advance(PROOF_WINDOW_MS);
    await reaches(first, 'unknown');
    const second = accept('same');
    clock.advance(FOLLOW_UP_MS - 1_000);
    await vi.waitFor(() => expect(state(second)?.name).toBe('queued'));
    expect(sent).toEqual(['same']);
    clock.advance(2_000);
    await reaches(second, 'dispatched');
    expect(state(first)).toMatchObject({ name: 'unknown', final: true });
  });

  it('does not end a follow-up while the rows that could prove it cannot be read', async () => {
    const id = accept('one');
    await reaches(id, 'dispatched');
    clock.advance(PROOF_WINDOW_MS);
    await reaches(id, 'unknown');
    canProve = false;
    clock.advance(2 * FOLLOW_UP_MS);
    await outbox.stop();
    expect(state(id)).toMatchObject({ name: 'unknown', final: false });
  });

  it('believes a row that was written in time and is seen long after', async () => {
    const id = accept('one');
    await reaches(id, 'dispatched');
    clock.advance(PROOF_WINDOW_MS);
    await reaches(id, 'unknown');
    const writtenAt = clock.now();
    clock.advance(2 * FOLLOW_UP_MS);
    await vi.waitFor(() => expect(state(id)).toMatchObject({ final: true }));
    see('one', { sentAt: writtenAt, delivery: { ...aMessage().delivery, isSent: true } });
    expect(state(id)?.name).toBe('sent');
  });

  it('drops a command that expired in the queue', async () => {
    canProve = false;
    const id = accept('late');
    clock.advance(25 * HOUR_MS);
    await reaches(id, 'expired');
    canProve = true;
    clock.advance(1_000);
    expect(sent).toEqual([]);
  });

  it('asks less and less often while Messages cannot be reached, and says why', async () => {
    outcomes = Array.from({ length: 5 }, () => ({
      outcome: 'rejected',
      code: -10810,
      reason: 'no_gui_session',
    }));
    accept('one');
    await vi.waitFor(() => expect(outbox.stats().refusal).toBe('no_gui_session'));
    clock.advance(5_000);
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    clock.advance(5_000);
    await vi.waitFor(() => expect(outbox.stats().pending).toBe(1));
    expect(sent).toHaveLength(2);
    clock.advance(5_000);
    await vi.waitFor(() => expect(sent).toHaveLength(3));
  });

  it('finds after a restart what an earlier run left in flight, before anything else goes out', async () => {
    const left = accept('left');
    await reaches(left, 'dispatched');
    const next = accept('next');
    await outbox.stop();
    start();
    clock.advance(1_000);
    await vi.waitFor(() => expect(state(next)?.name).toBe('queued'));
    see('left', { delivery: { ...aMessage().delivery, isSent: true } });
    await reaches(left, 'sent');
    await reaches(next, 'dispatched');
    expect(sent).toEqual(['left', 'next']);
  });
});

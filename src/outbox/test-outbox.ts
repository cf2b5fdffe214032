import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { aMessage, KIM, UNSENT } from '../../test/support/message.ts';
import {
  handle,
  messageGuid,
  rowId,
  type Command,
  type CommandId,
  type Delivery,
  type Message,
  type MessageGuid,
} from '../domain/index.ts';
import { createGuard, resolveLimits, type Guard, type Limits } from '../deliverability/index.ts';
import { createJournal, type Journal } from '../events/index.ts';
import type { SendOutcome, SendTarget } from '../messages-app/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { createMeta, openStore, type Store } from '../store/index.ts';
import type { AcceptRequest } from './accept.ts';
import type { Route } from './lane.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import type { OutboxTiming } from './timing.ts';

export const TIMING: OutboxTiming = {
  proofWindowMs: 8_000,
  followUpMs: 900_000,
  fileFollowUpMs: 1_800_000,
  fallbackMs: 60_000,
};

export const ACCEPTED: SendOutcome = { outcome: 'accepted' };
export const rejected = (
  reason: Extract<SendOutcome, { outcome: 'rejected' }>['reason'],
  code: number | null = null,
): SendOutcome => ({ outcome: 'rejected', disposition: 'not_started', code, reason });
export const uncertain = (cause: 'timed_out' | 'script_error'): SendOutcome => ({
  outcome: 'uncertain',
  disposition: 'may_have_completed',
  cause,
  code: null,
});

/** The row of ours that a test wants, beside its text. */
export const row = (guid: string, fields: Partial<Message> = {}): Partial<Message> => ({
  guid: messageGuid(guid),
  ...fields,
});
export const delivery = (fields: Partial<Delivery>): Partial<Message> => ({
  delivery: { ...UNSENT, ...fields },
});
export const SENT = delivery({ isSent: true });

/** A script that was run, as Messages would have seen it. */
export interface Sent {
  readonly target: SendTarget;
  readonly content: string;
}

/** An outbox on a real store, with a clock and a Messages that stand still until they are told. */
export class OutboxBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-outbox-'));
  readonly store: Store = openStore(this.folder);
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly journal: Journal = createJournal({
    store: this.store,
    clock: this.clock,
    bridgeId: 'b',
    epoch: 'e',
    projections: [(event, append) => this.guard.project(event, append)],
  });
  /** The numbers that the guard goes by. */
  limits: Limits = resolveLimits('off', {});
  guard: Guard = this.createSeededGuard();
  /** What the next scripts end with; `accepted` when there is none. */
  outcomes: SendOutcome[] = [];
  readonly sent: Sent[] = [];
  relaunches = 0;
  isHung = false;
  readonly staged: string[] = [];
  readonly released: string[] = [];
  canProve = true;
  isStuck = false;
  hasSms: boolean | null = true;
  isReply = false;
  route: (service: string) => Route = (service) => ({
    target:
      service === 'sms'
        ? { form: 'participant', handle: handle(KIM), service: 'SMS' }
        : { form: 'chat', guid: `any;-;${KIM}` },
    service: service === 'sms' ? 'SMS' : 'iMessage',
    isKnown: false,
    retry: null,
  });
  /** Rows that reading anew finds, by guid. */
  readonly rows = new Map<MessageGuid, Message>();
  watermark = 10;
  /** Runs while a script runs, before its end is known. */
  onScript: () => void = () => undefined;
  outbox: Outbox = this.create();

  create(): Outbox {
    const run = (target: SendTarget, content: string) => {
      this.sent.push({ target, content });
      this.onScript();
      return Promise.resolve(this.outcomes.shift() ?? ACCEPTED);
    };
    this.outbox = createOutbox({
      guard: this.guard,
      recipients: () => [],
      store: this.store,
      journal: this.journal,
      clock: this.clock,
      log: createLogger('silent'),
      app: {
        sendText: run,
        sendFile: run,
        poke: () => Promise.resolve(true),
        relaunch: () => {
          this.relaunches += 1;
          return Promise.resolve(true);
        },
        isStuck: () => this.isStuck,
        probe: () => Promise.resolve({ state: 'running', accounts: [] }),
      },
      monitor: {
        status: () => ({ state: 'running', accounts: [] }),
        whileSending: (work) => work(),
        checkNow: () => Promise.resolve(),
      },
      isHung: () => this.isHung,
      timing: TIMING,
      breaker: { unknowns: 3, failures: 5, pauseMs: 600_000 },
      memory: {
        get: () => createMeta(this.store).get('lane_pause'),
        set: (text) => createMeta(this.store).set('lane_pause', text),
      },
      staging: {
        stage: (id, command) => {
          this.staged.push(id);
          return Promise.resolve({ path: `/staged/${command}/${id}`, name: `${id}.png`, size: 3 });
        },
        release: (id) => {
          this.released.push(id);
          return Promise.resolve();
        },
      },
      watermark: () => rowId(this.watermark),
      route: (_, service) => this.route(service),
      hasService: () => this.hasSms,
      readRow: (guid) => this.rows.get(guid) ?? null,
      canProve: () => this.canProve,
      isReply: () => this.isReply,
    });
    return this.outbox;
  }

  async accept(text: string | null, fields: Partial<AcceptRequest> = {}): Promise<CommandId> {
    const result = await this.outbox.accept({ ...this.request(text), ...fields });
    if (result.outcome === 'conflict' || result.outcome === 'refused') {
      throw new Error(`the command was not accepted: ${result.outcome}`);
    }
    return result.command.id;
  }

  request(text: string | null): AcceptRequest {
    return {
      keyId: 'k',
      idempotencyKey: null,
      requestHash: `h${text}`,
      target: { to: 'handle', handle: handle(KIM) },
      text,
      files: [],
      line: null,
      service: 'auto',
      fallback: null,
      notBefore: null,
      afterReply: false,
      expiresAt: null,
      metadata: null,
      optIn: null,
      onLimit: 'reject',
    };
  }

  get(id: CommandId): Command {
    const command = this.outbox.get(id);
    if (command === null) {
      throw new Error('no such command');
    }
    return command;
  }

  state(id: CommandId): Command['state'] {
    return this.get(id).state;
  }

  reaches(id: CommandId, name: string): Promise<void> {
    return vi.waitFor(() => {
      if (this.state(id).name !== name) {
        throw new Error(`the command is ${this.state(id).name}, not ${name}`);
      }
    });
  }

  /** What the scripts carried, in order. */
  contents(): string[] {
    return this.sent.map(({ content }) => content);
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise(setImmediate);
    }
  }

  async advance(ms: number): Promise<void> {
    await this.settle();
    this.clock.advance(ms);
    await this.settle();
  }

  /** Its script ended well, and no row came in time. */
  async becomesUnknown(id: CommandId): Promise<void> {
    await this.reaches(id, 'dispatched');
    await this.advance(TIMING.proofWindowMs);
    await this.reaches(id, 'unknown');
  }

  /** Anew on the same store, and past the reading of history. */
  createSeededGuard(): Guard {
    const guard = createGuard({
      store: this.store,
      clock: this.clock,
      log: createLogger('silent'),
      limits: () => this.limits,
      write: (work) => this.journal.write(work),
      line: () => null,
      lineTimeZone: 'UTC',
      zones: () => [],
      history: {
        lastRowId: () => rowId(0),
        firstRowSince: () => null,
        rows: () => ({ messages: [], next: null }),
      },
    });
    while (guard.seedStep()) {
      // There is no history.
    }
    return guard;
  }

  /** What capture does with a row of our side; reading anew finds it from then on. */
  see(text: string | null, fields: Partial<Message> = {}): Message {
    this.watermark += 1;
    const message = aMessage({
      text,
      rowId: rowId(this.watermark),
      sentAt: this.clock.now(),
      ...fields,
    });
    this.rows.set(message.guid, message);
    this.journal.write((append) => {
      for (const event of this.outbox.observe(message).events) {
        append(event);
      }
    });
    return message;
  }

  /** What capture does with a row of the contact. */
  hear(message: Message): void {
    this.journal.write((append) => {
      for (const event of this.outbox.received(message)) {
        append(event);
      }
    });
  }

  async close(): Promise<void> {
    await this.outbox.stop();
    this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}

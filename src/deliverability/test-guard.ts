import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aMessage, anInbound, UNSENT } from '../../test/support/message.ts';
import type { LimitOverrides, PresetName } from '../config/index.ts';
import {
  chatKey,
  chatRef,
  commandId,
  handle,
  instant,
  messageGuid,
  rowId,
  type BridgeEvent,
  type Delivery,
  type Message,
} from '../domain/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createGuard, type Guard } from './guard.ts';
import { resolveLimits } from './limits.ts';
import type { HistorySource } from './seed-ledger.ts';
import type { Send, Stage, Verdict } from './send.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Wednesday, 12:00 in New York: nobody of these tests sleeps. */
export const NOON = Date.UTC(2026, 4, 13, 16);
export const KIM = '+12125550100';
export const LINE = '+12125559999';

const FRIEND = '+12125557777';

/** The nth of many contacts in New York. */
export function contact(n: number): string {
  return `+1212${String(5_000_000 + n)}`;
}

export const NO_HISTORY: HistorySource = {
  lastRowId: () => rowId(0),
  firstRowSince: () => null,
  rows: () => ({ messages: [], next: null }),
};

/** What was delivered a second after it was sent. */
export function delivered(at: number): Delivery {
  return { ...UNSENT, isSent: true, isDelivered: true, deliveredAt: instant(at + 1_000) };
}

let lastGuid = 0;

/** Ours, or a person's: sent and delivered. */
export function sentTo(to: string, at: number, fields: Partial<Message> = {}): Message {
  lastGuid += 1;
  return aMessage({
    guid: messageGuid(`G${lastGuid}`),
    chat: chatRef('direct', to),
    line: handle(LINE),
    sentAt: instant(at),
    delivery: delivered(at),
    ...fields,
  });
}

export function receivedFrom(from: string, at: number, fields: Partial<Message> = {}): Message {
  lastGuid += 1;
  return anInbound({
    guid: messageGuid(`G${lastGuid}`),
    chat: chatRef('direct', from),
    sender: handle(from),
    line: handle(LINE),
    sentAt: instant(at),
    ...fields,
  });
}

export interface GuardBench {
  readonly clock: ManualClock;
  readonly events: BridgeEvent[];
  guard: Guard;
  setLimits(preset: PresetName, overrides?: LimitOverrides): void;
  /** What the journal would do with an event, in one transaction. */
  tell(event: BridgeEvent): void;
  /** A person sends from the phone, now or at another time. */
  send(to: string, at?: number, fields?: Partial<Message>): void;
  receive(from: string, at?: number, fields?: Partial<Message>): void;
  ask(to: string, fields?: Partial<Send>, stage?: Stage): Verdict;
  /** The lane: asks, commits and sees the row. The verdict tells whether it went. */
  dispatch(to: string, fields?: Partial<Send>): Verdict;
  /** The process is killed and started again on the same store. */
  restart(history?: HistorySource): void;
  /** Weeks of a friend who writes and is answered, up to the day before yesterday: the line is past its ramp, and its ratio is low. */
  mature(): void;
  /** Everything in the store's tables, as text. */
  dump(): string;
  close(): void;
}

let lastId = 0;

export function aSend(to: string, fields: Partial<Send> = {}): Send {
  lastId += 1;
  return {
    id: `obx_${lastId}`,
    chat: chatKey('direct', to),
    recipients: [handle(to)],
    family: 'imessage',
    text: `hello number ${'x'.repeat(lastId % 40)}${lastId}${String.fromCodePoint(0x4e00 + (lastId % 20_000))}`,
    hasFiles: false,
    bubbles: 1,
    optIn: { source: 'form', at: instant(NOON) },
    onLimit: 'reject',
    ...fields,
  };
}

/** A guard on a real store and a clock that stands still; what it tells is kept in `events`. */
export function guardBench(
  options: {
    readonly preset?: PresetName;
    readonly overrides?: LimitOverrides;
    readonly startAt?: number;
    readonly history?: HistorySource;
    /** `false` leaves history to be read step by step. */
    readonly seeded?: boolean;
  } = {},
): GuardBench {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-guard-'));
  const clock = new ManualClock(options.startAt ?? NOON);
  const openHere = (): Store => {
    const opened = openStore(folder);
    // Nothing is lost here but by a crash of the machine.
    opened.db.pragma('synchronous = OFF');
    return opened;
  };
  let store = openHere();
  const events: BridgeEvent[] = [];

  const numbers = { now: resolveLimits(options.preset ?? 'balanced', options.overrides ?? {}) };
  const make = (history: HistorySource): Guard =>
    createGuard({
      store,
      clock,
      log: createLogger('silent'),
      limits: () => numbers.now,
      write: (work) =>
        store.transaction(() =>
          work((event) => {
            events.push(event);
          }),
        ),
      line: () => handle(LINE),
      lineTimeZone: null,
      zones: (address) => (address.startsWith('+1212') ? ['America/New_York'] : []),
      history,
    });
  const seeded = (history: HistorySource): Guard => {
    const guard = make(history);
    while (guard.seedStep()) {
      // Slice by slice, as the background does.
    }
    return guard;
  };

  const bench: GuardBench = {
    clock,
    events,
    guard: (options.seeded === false ? make : seeded)(options.history ?? NO_HISTORY),
    setLimits: (preset, overrides = {}) => {
      numbers.now = resolveLimits(preset, overrides);
    },
    tell: (event) => {
      store.transaction(() => bench.guard.project(event, (told) => void events.push(told)));
    },
    send: (to, at = clock.now(), fields = {}) => {
      bench.tell({
        type: 'message.sent',
        message: sentTo(to, at, fields),
        origin: { by: 'device' },
        isLate: false,
      });
    },
    receive: (from, at = clock.now(), fields = {}) => {
      bench.tell({
        type: 'message.received',
        message: receivedFrom(from, at, fields),
        origin: null,
        isLate: false,
      });
    },
    ask: (to, fields = {}, stage = 'accept') => bench.guard.judge(aSend(to, fields), clock.now(), stage),
    dispatch: (to, fields = {}) => {
      const send = aSend(to, fields);
      const verdict = bench.guard.judge(send, clock.now(), 'start');
      if (verdict.kind === 'allow') {
        store.transaction(() => bench.guard.commit(send, 0));
        bench.tell({
          type: 'message.sent',
          message: sentTo(to, clock.now(), { text: send.text }),
          origin: { by: 'bridge', command: commandId(send.id) },
          isLate: false,
        });
      }
      return verdict;
    },
    restart: (history = NO_HISTORY) => {
      store.close();
      store = openHere();
      bench.guard = seeded(history);
    },
    mature: () => {
      for (let day = 20; day >= 2; day -= 1) {
        const at = clock.now() - day * DAY;
        for (let n = 0; n < 10; n += 1) {
          bench.receive(FRIEND, at + n * MINUTE);
        }
        bench.send(FRIEND, at + 11 * MINUTE);
      }
      events.length = 0;
    },
    dump: () =>
      ['ledger_facts', 'ledger_contacts', 'ledger_texts', 'ledger_hours', 'guard_line', 'guard_reports']
        .map((table) => JSON.stringify(store.db.prepare(`SELECT * FROM ${table}`).all()))
        .join('\n'),
    close: () => {
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return bench;
}

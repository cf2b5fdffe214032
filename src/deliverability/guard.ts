import type {
  BridgeEvent,
  ChatKey,
  Handle,
  Instant,
  LineState,
  Message,
  Reputation,
} from '../domain/index.ts';
import { errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { createAsk, lineZone, NOBODY, plainText } from './ask.ts';
import { createAwake } from './awake.ts';
import { contactStanding, type ContactStanding } from './contact-standing.ts';
import type { Facts } from './facts.ts';
import { guardLineRow, type GuardLine } from './guard-line.ts';
import { holdForHistory } from './hold-for-history.ts';
import { hourReport, type HourReport } from './hour-report.ts';
import { combine, verdictsOf, type Question } from './judge.ts';
import { inboundHabit, type InboundHabit } from './ledger/inbound-habit.ts';
import { createLedger } from './ledger/ledger.ts';
import { limitMarks } from './limit-marks.ts';
import type { Limits } from './limits.ts';
import { carryOut, type LineOrder } from './line-orders.ts';
import { projectEvent } from './project-event.ts';
import { reportFacts } from './report-facts.ts';
import { reportStore } from './report-store.ts';
import { reviewLine } from './review-line.ts';
import { createSeeder, type HistorySource, type SeedProgress } from './seed-ledger.ts';
import type { RuleVerdict, Send, Stage, Verdict } from './send.ts';
import { signalInput } from './signal-input.ts';
import { signalsOf } from './signals.ts';
import type { TimeZones } from './time-zones.ts';
import { usageOf, type Usage } from './usage.ts';

/** How often the line is looked at as a whole. */
const REVIEW_MS = 60_000;
/** How long after a message the limits' marks are looked at: of a burst, once for many. */
const MARKS_MS = 1_000;

type Append = (event: BridgeEvent) => void;

export interface GuardDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** The numbers that hold now; another answer holds from the next question on. */
  readonly limits: () => Limits;
  /** The journal's `write`: one transaction for what is appended and what is counted. */
  readonly write: (work: (append: Append) => void) => void;
  /** The line that sends; events are told of it. */
  readonly line: () => Handle | null;
  /** The line's own zone, where the configuration names one. */
  readonly lineTimeZone: string | null;
  readonly zones: TimeZones;
  readonly history: HistorySource;
}

export interface LineView {
  readonly state: LineState;
  readonly reputation: Reputation;
  readonly paused: GuardLine['paused'];
  readonly flagged: GuardLine['flagged'];
  readonly heldUntil: Instant | null;
}

/**
 * Keeps the account inside its limits. Every budget belongs to the account, so no question names a line. Questions
 * read; `reserve`, `commit`, `retract`, `release` and `project` write, inside the transaction of what they go with.
 */
export interface Guard {
  /** The projection of the journal: counts what happened. */
  project(event: BridgeEvent, append: Append): void;
  judge(send: Send, at: Instant, stage: Stage): Verdict;
  /** Every rule's own verdict besides, as a dry run shows it. Sends and counts nothing. */
  verdicts(send: Send, at: Instant): { readonly verdict: Verdict; readonly rules: readonly RuleVerdict[] };
  /** An accepted command takes its places, so that none is given away twice. */
  reserve(send: Send, dueAt: Instant, expiresAt: Instant): void;
  /** A command that will not be sent any more gives its places back. */
  release(id: string): void;
  /** A message is about to leave: with the state `sending`. `bubbles` counts it and those after it. */
  commit(send: Send, part: number): void;
  /** The message certainly did not leave. */
  retract(id: string, part: number): void;
  usage(): Usage;
  contact(chat: ChatKey): ContactStanding;
  /** The zone by which the contact's quiet hours go; `null` leaves it to the number. */
  setTimeZone(chat: ChatKey, zone: string | null): void;
  /** The hour before a moment: as it was kept when the line was flagged, else counted now. */
  report(at: Instant): HourReport;
  line(): LineView;
  order(order: LineOrder): void;
  seeding(): SeedProgress;
  /** What comes and goes; reads some hundred rows. `null` while history is being read. */
  traffic(): (InboundHabit & { readonly lastAt: Instant | null }) | null;
  /** Reads one slice of history; `false` when all is read. `start` does so by itself. */
  seedStep(): boolean;
  limits(): Limits;
  /** Looks at the line as a whole: signals, reputation, marks. `start` does so each minute. */
  review(): void;
  start(): void;
  stop(): Promise<void>;
}

export function createGuard(deps: GuardDeps): Guard {
  const { store, clock, log, limits } = deps;
  const ledger = createLedger(store, () => limits().rules.recipient_opted_out);
  const lineRow = guardLineRow(store);
  const marks = limitMarks(store);
  const reports = reportStore(store);
  const readSignals = signalInput(store);
  const startedAt = clock.now();
  const lastSeenAt = ledger.lastSeenAt();
  const absence = lastSeenAt === null ? null : { from: lastSeenAt, to: startedAt };
  const awake = createAwake(deps.zones, () => lineZone(deps));
  const habit = inboundHabit(store);
  const seeder = createSeeder({
    store,
    clock,
    log,
    source: deps.history,
    count: (messages: readonly Message[]) => ledger.recordHistory(messages, clock.now()),
  });
  const readReportFacts = reportFacts(store, (recipients, at) => {
    const { from, to } = limits().rules.quiet_hours;
    return awake(recipients, null, { from, to }, at) > at;
  });

  const ask = createAsk({ ledger, limits, line: lineRow, awake });
  const usage = (at: Instant, stage: Stage): Usage => {
    const asked = ask(NOBODY, at, stage);
    return usageOf(asked.limits, asked.factsAt(at));
  };
  const judged = (asked: Question): { facts: Facts; rules: readonly RuleVerdict[]; verdict: Verdict } => {
    const facts = asked.factsAt(asked.at);
    const rules = verdictsOf(asked, facts);
    const verdict = combine(asked, facts, rules);
    return {
      facts,
      rules,
      verdict: holdForHistory(verdict, { ...asked, progress: seeder.progress() }),
    };
  };
  const report = (at: Instant): HourReport => hourReport(at, readReportFacts(at));

  const tellMarks = (append: Append): void => {
    // Marks tell what has been sent, not what waits.
    marks.passed(usage(clock.now(), 'start').entries, deps.line()).forEach(append);
  };

  const quietly = (what: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      log.warn({ code: errorCode(error), what }, 'The line could not be looked at; it is tried again');
    }
  };
  let marking: Timer | null = null;
  const markSoon = (): void => {
    marking ??= clock.after(MARKS_MS, () => {
      marking = null;
      quietly('marks', () => deps.write(tellMarks));
    });
  };

  const review = (): void => {
    const at = clock.now();
    deps.write((append) => {
      ledger.account.countAnswers(at);
      ledger.prune(at);
      const line = lineRow.read();
      const input = readSignals(at);
      const present = input.present.filter((sample) => sample.at > (line.rampFrom ?? 0));
      const result = reviewLine({
        at,
        line,
        label: deps.line(),
        signals: signalsOf({ ...input, present }),
        figures: ledger.account.figures(at, limits().rules.line_warming_up.idle_days),
        rules: limits().rules,
      });
      lineRow.save(result.line);
      if (result.isNewlyFlagged) {
        reports.save(report(at));
      }
      result.events.forEach(append);
      tellMarks(append);
    });
  };

  const abort = new AbortController();
  let seeding: Promise<void> | null = null;
  const seed = (): void => {
    seeding ??= seeder.run(abort.signal).finally(() => {
      seeding = null;
    });
  };

  return {
    project: (event, append) => {
      if (event.type === 'bridge.gap') {
        seeder.restart();
        setImmediate(seed);
        return;
      }
      const projected = projectEvent(event, clock.now(), { ledger, line: deps.line, absence });
      projected.events.forEach(append);
      if (projected.isNew) {
        markSoon();
      }
    },
    judge: (send, at, stage) => judged(ask(send, at, stage)).verdict,
    verdicts: (send, at) => {
      const { verdict, rules } = judged(ask(send, at, 'accept'));
      return { verdict, rules };
    },
    reserve: (send, dueAt, expiresAt) => ledger.reserve(send, clock.now(), dueAt, expiresAt),
    release: (id) => ledger.unreserve(id),
    commit: (send, part) => ledger.commit(send, part, clock.now()),
    retract: (id, part) => ledger.retract(id, part),
    usage: () => usage(clock.now(), 'accept'),
    contact: (chat) => {
      const { facts, verdict } = judged(ask(plainText(chat), clock.now(), 'accept'));
      return contactStanding(facts, verdict, ledger.contact({ chat })?.time_zone ?? null);
    },
    setTimeZone: (chat, zone) => store.transaction(() => ledger.setTimeZone(chat, zone)),
    report: (at) => reports.find(at) ?? report(at),
    line: () => {
      const { state, reputation, paused, flagged, heldUntil } = lineRow.read();
      return { state, reputation, paused, flagged, heldUntil };
    },
    order: (order) =>
      deps.write((append) => {
        const at = clock.now();
        const { event, isNewlyFlagged } = carryOut(lineRow, order, at, deps.line());
        if (isNewlyFlagged) {
          reports.save(report(at));
        }
        if (event !== null) {
          append(event);
        }
      }),
    seeding: () => seeder.progress(),
    traffic: () => {
      const at = clock.now();
      const { idle_days: idleDays } = limits().rules.line_warming_up;
      return seeder.progress().phase === 'done'
        ? { ...habit(at), lastAt: ledger.account.figures(at, idleDays).lastTrafficAt }
        : null;
    },
    seedStep: () => seeder.step(),
    limits,
    review,
    start: () => {
      quietly('review', review);
      const timer = clock.every(REVIEW_MS, () => quietly('review', review));
      abort.signal.addEventListener('abort', () => timer.cancel(), { once: true });
      seed();
    },
    stop: async () => {
      abort.abort();
      marking?.cancel();
      await seeding;
    },
  };
}

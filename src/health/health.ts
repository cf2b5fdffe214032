import type { Instant } from '../domain/index.ts';
import type { Clock, Timer } from '../runtime/index.ts';
import { toWarnings, type Finding, type Warning } from './to-warnings.ts';
import { Visibility } from './visibility.ts';
import type { WarningCode } from './warnings.ts';

const REFRESH_EVERY_MS = 1_000;
/** `/health` promises a snapshot no older than this. */
const MAX_AGE_MS = 10_000;

export type HealthStatus = 'healthy' | 'unhealthy';

/** Reads state that another part keeps in memory, and tells what is wrong with it. Runs nothing and waits for nothing. */
export type Probe = (now: Instant) => readonly Finding[];

export interface HealthFacts {
  readonly messagesAppRunning: boolean;
  readonly lastMessageSentAt: Instant | null;
  readonly pendingCommands: number;
  readonly deferredCommands: number;
  /** Since when the oldest command that may go out has been waiting to. */
  readonly oldestDueAt: Instant | null;
}

/** The body of `GET /health`, word for word. */
export interface HealthSnapshot {
  readonly bridgeId: string;
  readonly status: HealthStatus;
  readonly messagesAppRunning: boolean;
  /** Unix ms; absent before the first sent message. */
  readonly lastMessageSentAt?: number;
  /** Queued, deferred, sending and dispatched. */
  readonly pendingCommands: number;
  /** Seconds, with one decimal. */
  readonly uptime: number;
  readonly deferredCommands: number;
  /** How long the oldest due command has been waiting, in ms; absent when none is due. */
  readonly oldestDueMs?: number;
  readonly warnings: readonly Warning[];
  readonly version: string;
  /** Unix ms. */
  readonly checked_at: number;
}

export interface Health {
  start(): void;
  stop(): void;
  /** Makes the snapshot anew, now. Never throws. */
  refresh(): void;
  /** At most 10 s old. Costs nothing while the bridge runs, whatever hangs. */
  snapshot(): HealthSnapshot;
  /** What only a key holder sees (lines, capture, last sequence), as old as the snapshot. */
  details(): Readonly<Record<string, unknown>>;
  /** That of the snapshot. */
  readonly status: HealthStatus;
}

interface Options {
  readonly bridgeId: string;
  readonly version: string;
  readonly clock: Clock;
  readonly startedAt: Instant;
  readonly probes: readonly Probe[];
  readonly facts: () => HealthFacts;
  readonly details: () => Readonly<Record<string, unknown>>;
  /**
   * Called when the status or the set of codes differs from what was last told; a bridge that has just started counts
   * as healthy without warnings. If it throws, it is called again at the next refresh.
   */
  readonly onChange: (status: HealthStatus, codes: readonly WarningCode[]) => void;
}

interface Latest {
  readonly snapshot: HealthSnapshot;
  /** Gathered when they are first asked for: most snapshots are seen by nobody. */
  details: Readonly<Record<string, unknown>> | null;
}

const HEALTHY_KEY = JSON.stringify(['healthy', []]);
const NO_FACTS: HealthFacts = {
  messagesAppRunning: false,
  lastMessageSentAt: null,
  pendingCommands: 0,
  deferredCommands: 0,
  oldestDueAt: null,
};

/** The bridge's health: gathered from memory each second, answered from a snapshot. */
export function createHealth(options: Options): Health {
  return new Registry(options);
}

class Registry implements Health {
  readonly #options: Options;
  #timer: Timer | null = null;
  #latest: Latest | null = null;
  #lastFacts: HealthFacts = NO_FACTS;
  #toldKey = HEALTHY_KEY;
  #haveDetailsFailed = false;
  readonly #visibility = new Visibility();

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer === null) {
      this.#timer = this.#options.clock.every(REFRESH_EVERY_MS, () => this.refresh());
      this.refresh();
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  refresh(): void {
    const { snapshot } = this.#gather();
    const codes = snapshot.warnings.map((warning) => warning.code);
    const key = JSON.stringify([snapshot.status, codes]);
    if (key === this.#toldKey) {
      return;
    }
    try {
      this.#options.onChange(snapshot.status, codes);
      this.#toldKey = key;
    } catch {
      // Whoever listens writes to the store, which may be what fails: the next refresh tells it again.
    }
  }

  snapshot(): HealthSnapshot {
    return this.#fresh().snapshot;
  }

  details(): Readonly<Record<string, unknown>> {
    const latest = this.#fresh();
    if (latest.details === null) {
      try {
        latest.details = this.#options.details();
        this.#haveDetailsFailed = false;
      } catch {
        latest.details = {};
        this.#haveDetailsFailed = true;
      }
    }
    return latest.details;
  }

  get status(): HealthStatus {
    return this.#fresh().snapshot.status;
  }

  #fresh(): Latest {
    const now = this.#options.clock.now();
    if (this.#latest === null || Math.abs(now - this.#latest.snapshot.checked_at) > MAX_AGE_MS) {
      this.refresh();
    }
    return this.#latest ?? this.#gather();
  }

  #gather(): Latest {
    const { bridgeId, version, clock, startedAt, probes } = this.#options;
    const now = clock.now();
    const findings: Finding[] = [];
    const attempt = <T>(read: () => T, code: WarningCode, otherwise: T): T => {
      try {
        return read();
      } catch {
        findings.push({ code });
        return otherwise;
      }
    };
    for (const probe of probes) {
      findings.push(...attempt(() => probe(now), 'probe_failed', []));
    }
    if (this.#haveDetailsFailed) {
      findings.push({ code: 'store_failing' });
    }
    const facts = attempt(this.#options.facts, 'store_failing', this.#lastFacts);
    this.#lastFacts = facts;
    const warnings = toWarnings(this.#visibility.visible(findings, now));
    const { lastMessageSentAt, oldestDueAt } = facts;
    const snapshot: HealthSnapshot = {
      bridgeId,
      status: warnings.some((warning) => warning.severity === 'unhealthy') ? 'unhealthy' : 'healthy',
      messagesAppRunning: facts.messagesAppRunning,
      ...(lastMessageSentAt === null ? {} : { lastMessageSentAt }),
      pendingCommands: facts.pendingCommands,
      uptime: Math.max(0, Math.round((now - startedAt) / 100) / 10),
      deferredCommands: facts.deferredCommands,
      ...(oldestDueAt === null ? {} : { oldestDueMs: Math.max(0, now - oldestDueAt) }),
      warnings,
      version,
      checked_at: now,
    };
    this.#latest = { snapshot, details: null };
    return this.#latest;
  }
}

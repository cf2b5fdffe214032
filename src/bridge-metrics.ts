import { readdirSync, statSync } from 'node:fs';
import type { Capture } from './capture/index.ts';
import type { ControllerLink } from './controller-link/index.ts';
import type { Guard } from './deliverability/index.ts';
import type { Instant } from './domain/index.ts';
import type { Journal } from './events/index.ts';
import type { Health } from './health/index.ts';
import { createMetrics, type MetricFacts, type Metrics } from './metrics/index.ts';
import type { Outbox } from './outbox/index.ts';
import type { Clock } from './runtime/index.ts';
import type { Store } from './store/index.ts';
import type { Webhooks } from './webhooks/index.ts';

interface Parts {
  readonly version: string;
  readonly clock: Clock;
  readonly startedAt: Instant;
  readonly store: Store;
  readonly journal: Journal;
  readonly health: Health;
  readonly capture: Capture;
  readonly outbox: Outbox;
  readonly webhooks: Webhooks;
  readonly link: Pick<ControllerLink, 'status'>;
}

export interface BridgeMetrics extends Metrics {
  /** The same guard; what it answers about sends is counted. */
  watch(guard: Guard): Guard;
}

/** The half of the composition root that is about figures: where each is read off when somebody asks for them. */
export function createBridgeMetrics(readParts: () => Parts): BridgeMetrics {
  const metrics = createMetrics((): MetricFacts => {
    const parts = readParts();
    const { journal, capture, outbox, webhooks } = parts;
    const { warnings, status, lastMessageSentAt } = parts.health.snapshot();
    return {
      now: parts.clock.now(),
      version: parts.version,
      health: { status, warnings },
      capture: capture.status(),
      journal: { head: journal.head(), oldest: journal.oldest() },
      outbox: outbox.stats(),
      lastSentAt: lastMessageSentAt ?? null,
      webhooks: webhooks.list(),
      link: parts.link.status(),
      store: sizesOf(parts.store),
      process: ofProcess(parts.startedAt),
    };
  });
  return {
    ...metrics,
    watch: (guard) => ({
      ...guard,
      judge: (...asked) => {
        const verdict = guard.judge(...asked);
        metrics.verdict(verdict.kind, verdict.kind === 'allow' ? null : verdict.rule);
        return verdict;
      },
    }),
  };
}

/** The file's own size is asked of SQLite: no descriptor of ours may touch it. */
function sizesOf({ db }: Store): MetricFacts['store'] {
  const pragma = (name: string) => Number(db.pragma(name, { simple: true }));
  const page = pragma('page_size');
  return {
    bytes: pragma('page_count') * page,
    freeBytes: pragma('freelist_count') * page,
    walBytes: statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0,
  };
}

function ofProcess(startedAt: Instant): MetricFacts['process'] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    startedAt,
    residentBytes: rss,
    heapBytes: heapUsed,
    userSeconds: user / 1e6,
    systemSeconds: system / 1e6,
    openDescriptors: countDescriptors(),
  };
}

/** Linux and macOS both list them there. The listing itself is one of them. */
function countDescriptors(): number | null {
  try {
    return readdirSync('/dev/fd').length - 1;
  } catch {
    return null;
  }
}

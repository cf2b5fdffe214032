import { Counter, Gauge, Registry } from 'prom-client';
import type { BridgeEvent } from '../domain/index.ts';
import type { MetricFacts } from './facts.ts';
import { READINGS, type Reading } from './readings.ts';
import { createSendMetrics } from './send-metrics.ts';

export interface Metrics {
  /** A projection of the journal: counts what happens. */
  note(event: BridgeEvent): void;
  /** The guard was asked about a send. `rule` is the one that decided; `null` where it is allowed. */
  verdict(kind: 'allow' | 'defer' | 'refuse', rule: string | null): void;
  /** All figures, as Prometheus reads them. Reads how things are now. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Their names, as exported. */
  names(): readonly string[];
}

/**
 * Between two scrapes some numbers in memory are counted up; all else is read when somebody asks. No label ever holds a
 * text or an address, and each has a small, fixed set of values.
 */
export function createMetrics(facts: () => MetricFacts): Metrics {
  const registry = new Registry();
  const sends = createSendMetrics(registry);
  const verdicts = new Counter({
    name: 'blueline_guard_verdicts_total',
    help: 'What the guard said when it was asked about a send: allow, defer or refuse, and by which rule.',
    labelNames: ['verdict', 'rule'],
    registers: [registry],
  });
  const readings = READINGS.map((reading) => register(reading, registry));
  return {
    note: (event) => sends.note(event),
    verdict: (kind, rule) => verdicts.inc({ verdict: kind, rule: rule ?? '' }),
    render: async () => {
      const now = facts();
      for (const read of readings) {
        read(now);
      }
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    names: () => registry.getMetricsAsArray().map(({ name }) => name),
  };
}

/** Registers it, and returns what sets it. */
function register(reading: Reading, registry: Registry): (facts: MetricFacts) => void {
  const { name, help, label } = reading;
  const options = { name, help, labelNames: label === undefined ? [] : [label], registers: [registry] };
  const metric = reading.type === 'counter' ? new Counter(options) : new Gauge(options);
  const set = (labels: Record<string, string>, value: number) =>
    metric instanceof Counter ? metric.inc(labels, value) : metric.set(labels, value);
  return (facts) => {
    const value = reading.read(facts);
    // What is not known now is not told, rather than told as it was.
    metric.reset();
    if (value === null) {
      metric.remove();
    } else if (typeof value === 'number') {
      set({}, value);
    } else {
      for (const [key, one] of Object.entries(value)) {
        set({ [label ?? 'key']: key }, one);
      }
    }
  };
}

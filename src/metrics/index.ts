/** Figures for Prometheus: what happened is counted as it does, how things are is read when they are asked for. */
export { createMetrics } from './metrics.ts';
export type { Metrics } from './metrics.ts';
export type { MetricFacts } from './facts.ts';

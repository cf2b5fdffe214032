import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createMetrics } from './metrics.ts';
import { READINGS } from './readings.ts';

const DASHBOARD = new URL('../../fixtures/grafana/blueline.json', import.meta.url);

/** Exported, and on no panel: what a query on its labels is for. */
const ON_NO_PANEL = ['blueline_info'];
/** Labels that Prometheus itself adds. */
const ADDED: ReadonlySet<string> = new Set(['instance', 'job', 'le']);
/** What Grafana puts in place of its variables before Prometheus sees the query. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ['$__rate_interval', '5m'],
  ['$instance', '.*'],
];

const dashboard = z
  .object({
    panels: z.array(
      z.object({
        id: z.int(),
        title: z.string().min(1),
        description: z.string().min(1),
        gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
        targets: z.array(z.object({ expr: z.string() })).min(1),
      }),
    ),
    templating: z.object({ list: z.array(z.object({ query: z.string() })) }),
  })
  .parse(JSON.parse(readFileSync(DASHBOARD, 'utf8')));

interface Query {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

/** The metrics and labels that a query names. @throws if it is no PromQL */
function parse(expression: string): Query {
  const text = VARIABLES.reduce((query, [name, value]) => query.replaceAll(name, value), expression);
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(text).iterate({
    enter: ({ name, from, to, node }) => {
      if (node.type.isError) {
        throw new Error(`no PromQL at ${from}: ${text}`);
      }
      const isMetric = name === 'Identifier' && node.parent?.name === 'VectorSelector';
      if (isMetric) {
        metrics.push(text.slice(from, to));
      } else if (name === 'LabelName') {
        labels.push(text.slice(from, to));
      }
    },
  });
  return { metrics, labels };
}

const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => parse(expr)));
const exported = createMetrics(() => {
  throw new Error('nobody asks');
}).names();
/** A histogram is exported as three series. */
const familyOf = (metric: string) =>
  exported.includes(metric) ? metric : metric.replace(/_(?:bucket|sum|count)$/u, '');

it('asks only for what is exported, in queries that Prometheus understands', () => {
  expect(queries.length).toBeGreaterThan(20);
  expect(queries.every(({ metrics }) => metrics.length > 0)).toBe(true);
  const named = queries.flatMap(({ metrics }) => metrics);
  expect(named.filter((metric) => !exported.includes(familyOf(metric)))).toEqual([]);
  expect(() => parse('sum by (x (blueline_healthy)')).toThrow('no PromQL');
});

it('shows all that is exported, but what is left out on purpose', () => {
  const shown = new Set(queries.flatMap(({ metrics }) => metrics.map(familyOf)));
  expect(exported.filter((name) => !shown.has(name))).toEqual(ON_NO_PANEL);
  expect(dashboard.templating.list.some(({ query }) => query.includes('blueline_info'))).toBe(true);
});

it('groups by labels that there are', () => {
  const own = new Set([
    ...READINGS.flatMap(({ label }) => label ?? []),
    'type',
    'state',
    'rung',
    'verdict',
    'rule',
  ]);
  const used = new Set(queries.flatMap(({ labels }) => labels));
  expect([...used].filter((label) => !own.has(label) && !ADDED.has(label))).toEqual([]);
});

it('lays no panel over another', () => {
  const places = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(places).size).toBe(places.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});

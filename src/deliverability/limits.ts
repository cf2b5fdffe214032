import { hash } from 'node:crypto';
import { limitRulesSchema, type LimitOverrides, type LimitRules, type PresetName } from '../config/index.ts';
import { PRESETS, type RequestLimits } from './presets.ts';

/** Numbers of rules that were made stricter from outside, by rule and number. */
export type Lowered = Readonly<Record<string, Readonly<Record<string, number | true>>>>;

/** The numbers that hold now. */
export interface Limits {
  readonly preset: PresetName;
  /** Names these numbers: `<preset>/<8 hex digits>`; other numbers, other digits. Every verdict carries it. */
  readonly version: string;
  readonly rules: LimitRules;
  readonly requestsPerHour: RequestLimits;
  /** What holds in place of the configuration; `null` for nothing. */
  readonly lowered: Lowered | null;
}

/** A preset with some of its numbers replaced. */
export function resolveLimits(preset: PresetName, overrides: LimitOverrides): Limits {
  const { rules: base, requestsPerHour } = PRESETS[preset];
  const given = new Map<string, object | undefined>(Object.entries(overrides));
  const merged = Object.entries(base).map(([code, numbers]) => [code, { ...numbers, ...given.get(code) }]);
  const rules = limitRulesSchema.parse(Object.fromEntries(merged));
  const digest = hash('sha256', JSON.stringify(rules), 'hex').slice(0, 8);
  return { preset, version: `${preset}/${digest}`, rules, requestsPerHour, lowered: null };
}

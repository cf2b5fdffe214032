/** What an operator can set: one schema with defaults and units, read from `config.yaml` and the environment. */
export { dataFolder } from './environment.ts';
export { limitRulesSchema } from './limit-rules.ts';
export type { LimitOverrides, LimitRules, PresetName } from './limit-rules.ts';
export { loadConfig } from './load.ts';
export type { Config } from './load.ts';

/** What an operator can set: one schema with defaults and units, read from `config.yaml` and the environment. */
export { dataFolder } from './environment.ts';
export { loadConfig } from './load.ts';
export type { Config } from './load.ts';

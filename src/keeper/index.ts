/** Keeps Messages and this Mac in a state in which the line works: opened, answering, awake. */
export { createKeeper } from './keeper.ts';
export type { Keeper } from './keeper.ts';
export { createHardRelaunch } from './hard-relaunch.ts';

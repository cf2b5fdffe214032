/** Blueline's commands for a person and for scripts: what is typed, what is printed, and with which code it ends. */
export type { Io, Terminal } from './io.ts';
export { main } from './main-command.ts';

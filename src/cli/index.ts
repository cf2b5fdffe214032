/** Blueline's commands for a person and for scripts: what is typed, what is printed, and with which code it ends. */
export { main } from './main-command.ts';

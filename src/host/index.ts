/** What this Mac says of itself, asked through macOS's own tools: the one seam behind which stand-ins can take their place. */
export { createHost } from './host.ts';
export type { Host, ToolEnd, ToolName } from './host.ts';
export { readMachine, readPower } from './machine.ts';
export type { Machine, Power } from './machine.ts';
export { describeEnd, outputOf } from './tool-end.ts';
export { readJob, hasGuiSession, type Job } from './launchd-job.ts';
export { readCodeIdentity, type CodeIdentity } from './code-identity.ts';
export { readMessagesProcesses, type MessagesProcesses } from './messages-processes.ts';
export { readClockOffset } from './clock-offset.ts';
export { PANES } from './settings-panes.ts';

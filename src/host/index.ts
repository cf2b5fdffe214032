/** What this Mac says of itself, asked through macOS's own tools: the one seam behind which stand-ins can take their place. */
export { createHost } from './host.ts';
export type { HeldTool, Host, ToolName } from './host.ts';
export { readMachine, readPower } from './machine.ts';
export type { Machine } from './machine.ts';
export { describeEnd, outputOf } from './tool-end.ts';
export { AGENT_LABEL, readJob, hasGuiSession, type Job } from './launchd-job.ts';
export { readCodeIdentity } from './code-identity.ts';
export { readMessagesProcesses } from './messages-processes.ts';
export { readClockOffset } from './clock-offset.ts';
export { PANES } from './settings-panes.ts';

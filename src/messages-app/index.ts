/** Makes Messages send, and asks how it is: the `osascript` runner, the constant scripts, and what their ends prove. */
export { createAppMonitor } from './app-monitor.ts';
export type { AppMonitor } from './app-monitor.ts';
export { accountsOf, hasAccount } from './app-status.ts';
export type { AppStatus } from './app-status.ts';
export { createStockActions } from './stock-actions.ts';
export type { Actions } from './stock-actions.ts';
export type { RejectReason } from './apple-event-errors.ts';
export { createMessagesApp } from './messages-app.ts';
export type { MessagesApp, SendTarget } from './messages-app.ts';
export type { SendOutcome } from './send-outcome.ts';

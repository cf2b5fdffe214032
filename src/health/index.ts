/** Says whether the bridge is well: coded warnings (severity, text, what to do) and a snapshot that costs nothing to ask for. */
export {
  captureFindings,
  diskFindings,
  guardFindings,
  messagesFindings,
  outboxFindings,
  storeFindings,
  webhookFindings,
} from './findings.ts';
export { createHealth } from './health.ts';
export type { Health } from './health.ts';

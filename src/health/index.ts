/** Says whether the bridge is well: coded warnings (severity, text, what to do) and a snapshot that costs nothing to ask for. */
export {
  captureFindings,
  controllerFindings,
  guardFindings,
  messagesFindings,
  outboxFindings,
  webhookFindings,
} from './findings.ts';
export { createHealth } from './health.ts';
export type { Health } from './health.ts';
export { diskFindings, keeperFindings, machineFindings, storeFindings } from './machine-findings.ts';
export { lineFindings, trafficFindings } from './traffic-findings.ts';

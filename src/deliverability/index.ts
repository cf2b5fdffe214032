/** May this send go now? The ledger of every message, the rules over it, and what they make of the line. */
export type { ContactStanding } from './contact-standing.ts';
export { createGuard } from './guard.ts';
export type { Guard, GuardDeps, LineView } from './guard.ts';
export type { HourReport } from './hour-report.ts';
export { resolveLimits } from './limits.ts';
export type { Limits, Lowered } from './limits.ts';
export { createLowering } from './lowering.ts';
export type { LoweringRefusal } from './lowering.ts';
export type { LineOrder } from './line-orders.ts';
export type { HistorySource, SeedProgress } from './seed-ledger.ts';
export type { Cure, Finding, Numbers, RuleVerdict, Send, Stage, Standing, Verdict } from './send.ts';
export { loadTimeZones } from './time-zones.ts';
export type { TimeZones } from './time-zones.ts';
export type { LimitUsage, Usage } from './usage.ts';

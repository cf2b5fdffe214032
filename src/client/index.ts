/** For controllers and scripts: REST with retries, the event stream, and the server that bridges report to. */
export { healthSchema } from '../contract/index.ts';
export type { Gap, WireHealth, WireLine, WireOutboxItem, WireUsage } from '../contract/index.ts';
export { FileAssignmentStore, MemoryAssignmentStore } from './assignments.ts';
export type { Assignment, AssignmentStore } from './assignments.ts';
export type { EventContext, EventHandlers } from './bridge-events.ts';
export type { BridgeNotice, BridgeView } from './bridge-record.ts';
export { BluelineClient } from './client.ts';
export type {
  ClientOptions,
  HealthReport,
  PollHealthOptions,
  SendBody,
  SendOptions,
  Sent,
} from './client.ts';
export { ControllerServer } from './controller-server.ts';
export type {
  CommandOptions,
  ControllerOptions,
  ControllerSendOptions,
  ListenOptions,
} from './controller-server.ts';
export { FileCursorStore, MemoryCursorStore } from './cursor-store.ts';
export type { Cursor, CursorStore } from './cursor-store.ts';
export { ApiError, ConnectionError } from './errors.ts';
export type { BluelineEvent, EventsOptions, StreamItem } from './event-stream.ts';
export type { CapacityNotice, LinePick } from './line-pool.ts';
export type { CertainFailure } from './outcome.ts';
export type { CommandOutcome } from './pending-commands.ts';
export type { PoolLine } from './pool-line.ts';
export type { Timers } from './timers.ts';

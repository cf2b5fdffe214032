/** Takes messages out of any chat.db, without a daemon and without a trace: as lines of JSON, or as a page to read. */
export type { ExportFilter } from './criteria.ts';
export { exportMessages } from './export-messages.ts';
export type { ExportFormat, ExportOutcome, ExportProgress, ExportRequest } from './export-messages.ts';
export { openFileSink, openStreamSink } from './sink.ts';
export type { Sink } from './sink.ts';

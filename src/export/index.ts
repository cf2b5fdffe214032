/** Takes messages out of any chat.db, without a daemon and without a trace: as lines of JSON, or as a page to read. */
export { exportMessages } from './export-messages.ts';
export type { ExportFormat, ExportProgress } from './export-messages.ts';
export { openFileSink, openStreamSink } from './sink.ts';

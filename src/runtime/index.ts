/** What every long-lived part needs and that knows nothing of messages: clock, logger, loops, backoff, disposal, errors. */
export { backoffMs } from './backoff.ts';
export { momentOf, msSince, sleep, systemClock } from './clock.ts';
export type { Clock, Moment, Timer } from './clock.ts';
export { CRASH_FILE, trimCrashFile } from './crash-file.ts';
export { compiledCodeFolder } from './compiled-code-folder.ts';
export { Disposal } from './disposal.ts';
export { BluelineError, errorCode } from './errors.ts';
export { logFileName, logSpace, openLogFile, type LogFile } from './log-file.ts';
export { createLogSettings, type LogState } from './log-settings.ts';
export { createLeveledLogger, createLogger, logLevels } from './logger.ts';
export type { LeveledLogger, Logger, LogLevel } from './logger.ts';
export { superviseLoop } from './loop.ts';
export { ManualClock } from './manual-clock.ts';
export { Pulse } from './pulse.ts';
export { readOr } from './read-or.ts';
export { Retried } from './retried.ts';
export { createSortableIds } from './sortable-ids.ts';
export { isTimeZone } from './time-zone.ts';

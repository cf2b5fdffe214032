/** Exports one database from opening it to the last write, into a file that keeps nothing, and tells what that took. */
import { exportMessages, openFileSink } from '../../src/export/index.ts';
import { report } from './report.ts';

const [database = ''] = process.argv.slice(2);
await report(async () => {
  const { messages } = await exportMessages({
    database,
    isLive: () => Promise.resolve(false),
    filter: { since: null, until: null, chat: null, line: null },
    format: 'jsonl',
    openSink: (path) => openFileSink('/dev/null', path),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return messages;
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOG_FOLDER_VARIABLE, lookThroughLogs } from './support/kept-logs.ts';

/** Around the whole run: daemons' logs are collected, and at the end looked through for secrets, texts and handles. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-logs-'));
  process.env[LOG_FOLDER_VARIABLE] = folder;
  return () => {
    const { logs, lines, canaries, leaks } = lookThroughLogs(folder);
    if (leaks.length > 0) {
      // Kept, to be looked at.
      throw new Error(
        `A log shows what it may not (the logs are in ${folder}):\n${leaks.slice(0, 20).join('\n')}`,
      );
    }
    rmSync(folder, { recursive: true });
    process.stdout.write(
      `Logs looked through: ${logs} with ${lines} lines, for ${canaries} texts, handles and keys; nothing leaked\n`,
    );
  };
}

import { restoreBackup } from './restore-backup.ts';

/** Restores a backup again and again, for a test that kills the process. */
const [, , file = '', folder = ''] = process.argv;
process.send?.('begun');
for (let at = Date.UTC(2026, 0, 1); ; at += 1_000) {
  await restoreBackup(file, folder, {
    at,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
}

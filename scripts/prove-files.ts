/**
 * Sends large, cut and unwelcome files to a daemon: `npm run prove:files [-- --mb N --rounds N]`. Its memory must not
 * rise by more than 40 MB over idle, whatever the size of a file; nothing may be left of a file that did not arrive
 * whole; a disk that runs full is answered with 507 and told by health. Ends with `N passed, N failed`.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { hasSmallDisks, onSmallDisk } from '../test/support/small-disk.ts';
import { readOptions } from './lib/options.ts';
import { startFilesDaemon } from './prove.d/files-daemon.ts';
import { idleBytes, peakBytes } from './prove.d/files-memory.ts';
import { Content, cutUpload, download, sendFile, upload } from './prove.d/files-transfer.ts';

const MB = 1_000_000;
const MAX_RISE_BYTES = 40 * MB;
const DEADLINE_MS = 20_000;

const values = readOptions({
  mb: { type: 'string', default: '100' },
  rounds: { type: 'string', default: '3' },
});
const size = Number(values.mb) * MB;
const rounds = Number(values.rounds);
if (
  !Number.isSafeInteger(size) ||
  size < MB ||
  size > 104 * MB ||
  !Number.isSafeInteger(rounds) ||
  rounds < 1
) {
  console.error('--mb takes a whole number from 1 to 104, --rounds one from 1 on.');
  process.exit(2);
}

let passed = 0;
let failed = 0;
const check = (name: string, isOk: boolean, detail: string) => {
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
};
const mb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;

const root = mkdtempSync(join(tmpdir(), 'blueline-prove-files-'));
try {
  await proveMemory();
  await proveCuts();
  await proveFullDisk();
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function proveMemory(): Promise<void> {
  const daemon = await startFilesDaemon(join(root, 'memory'));
  const idle = await idleBytes(daemon.pid);
  console.log(`  idle: ${mb(idle)}`);
  for (let round = 1; round <= rounds; round += 1) {
    for (const way of ['body', 'form', 'unannounced'] as const) {
      const content = new Content(size);
      const sent = await peakBytes(daemon.pid, () => upload(daemon, content, way));
      const id = String(sent.value.body['id']);
      const rise = sent.peak - idle;
      check(
        `${mb(size)} up, ${way}, round ${round}`,
        sent.value.status === 201 && rise <= MAX_RISE_BYTES,
        `status ${sent.value.status}, at most ${mb(rise)} over idle`,
      );
      const queued = await peakBytes(daemon.pid, () => sendFile(daemon, id));
      check(
        `${mb(size)} queued and staged, round ${round}`,
        queued.value === 201 && queued.peak - idle <= MAX_RISE_BYTES,
        `status ${queued.value}, at most ${mb(queued.peak - idle)} over idle`,
      );
      const got = await peakBytes(daemon.pid, () => download(daemon, id));
      const isSame = got.value === content.digest();
      check(
        `${mb(size)} down, round ${round}`,
        isSame && got.peak - idle <= MAX_RISE_BYTES,
        `${isSame ? 'the same bytes' : 'OTHER BYTES'}, at most ${mb(got.peak - idle)} over idle`,
      );
    }
  }
  await daemon.stop();
}

async function proveCuts(): Promise<void> {
  const at = join(root, 'cuts');
  const daemon = await startFilesDaemon(at);
  for (const bytes of [1000, MB, 20 * MB]) {
    for (const isForm of [false, true]) {
      await cutUpload(daemon, bytes, isForm);
      const left = await until(
        () => readdirSync(daemon.uploads),
        (names) => names.length === 0,
      );
      check(`cut after ${mb(bytes)}${isForm ? ' of a form' : ''}`, left.length === 0, `${left.length} left`);
    }
  }
  const large = await upload(daemon, new Content(110 * MB), 'unannounced');
  check('larger than is taken', large.status === 413, `status ${large.status}`);
  void cutUpload(daemon, 20 * MB, false);
  await until(
    () => readdirSync(daemon.uploads),
    (names) => names.length > 0,
  );
  await daemon.kill();
  const again = await startFilesDaemon(at);
  const left = readdirSync(again.uploads);
  check('killed under an upload and started again', left.length === 0, `${left.length} left`);
  await again.stop();
}

async function proveFullDisk(): Promise<void> {
  const at = join(root, 'disk');
  const short = await startFilesDaemon(at, {
    environment: { BLUELINE_FILES_RESERVE_BYTES: String(Number.MAX_SAFE_INTEGER) },
  });
  const refused = await upload(short, new Content(MB), 'body');
  const told = await until(
    () => short.warnings(),
    (codes) => codes.includes('disk_full'),
  );
  check(
    'less free than is to stay free',
    refused.status === 507 && told.includes('disk_full') && readdirSync(short.uploads).length === 0,
    `status ${refused.status}, health: ${told.join(', ')}`,
  );
  await short.stop();

  if (!hasSmallDisks(short.uploads)) {
    console.log('  this machine lets us mount no small disk: ENOSPC itself is not tried');
    return;
  }
  const daemon = await startFilesDaemon(at, {
    launcher: onSmallDisk(short.uploads, 30 * MB),
    environment: { BLUELINE_FILES_RESERVE_BYTES: '0' },
  });
  const folder = `/proc/${daemon.pid}/root${daemon.uploads}`;
  const full = await upload(daemon, new Content(50 * MB), 'unannounced');
  const warned = await until(
    () => daemon.warnings(),
    (codes) => codes.includes('disk_full'),
  );
  const left = readdirSync(folder).length;
  check(
    'the disk runs full under a file',
    full.status === 507 && warned.includes('disk_full') && left === 0,
    `status ${full.status}, health: ${warned.join(', ')}, ${left} left`,
  );
  const next = await upload(daemon, new Content(20 * MB), 'body');
  const calm = await until(
    () => daemon.warnings(),
    (codes) => !codes.includes('disk_full'),
  );
  check(
    'and takes the next one that fits',
    next.status === 201 && !calm.includes('disk_full'),
    `status ${next.status}, health: ${calm.join(', ') || 'no warning'}`,
  );
  await daemon.stop();
}

/** Looks until it is as it should be, or the time is over; the last look counts. */
async function until<T>(look: () => T | Promise<T>, isGood: (value: T) => boolean): Promise<T> {
  for (const started = Date.now(); ; await pause(20)) {
    const value = await look();
    if (isGood(value) || Date.now() - started > DEADLINE_MS) {
      return value;
    }
  }
}

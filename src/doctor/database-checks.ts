import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PANES } from '../host/index.ts';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { fail, ok, warn, type DoctorDeps, type Found } from './check.ts';

/** A WAL this large means that some reader keeps Messages from beginning it anew. */
const LARGE_WAL_BYTES = 268_435_456;
/** Of the newest messages so many are looked through for one that came in. */
const NEWEST = 200;
const DAY_MS = 86_400_000;
/** A line on which nothing arrives for so long is either idle, or deaf. */
const SILENT_DAYS = 7;

const GIVE_ACCESS =
  'Switch Full Disk Access on for the Node of the installation, then run `blueline restart`: it is looked at when a process starts.';

/** macOS says EPERM where it keeps a program out, whatever the file's own rights are. */
export function checkFullDiskAccess({ database, node, read }: DoctorDeps): Found {
  const folder = dirname(database);
  try {
    readdirSync(folder);
    read((db) => db.lastRowId());
  } catch (error) {
    return noAccess(error, { folder, node });
  }
  return ok(`${folder} can be listed, and the database in it read.`);
}

function noAccess(
  error: unknown,
  { folder, node }: { readonly folder: string; readonly node: string },
): Found {
  const code = errorCode(error);
  switch (code) {
    case 'EPERM':
      return fail(`macOS keeps ${node} out of ${folder} (EPERM).`, GIVE_ACCESS, PANES.fullDiskAccess);
    case 'EACCES':
      return fail(
        `The rights of ${folder} keep this user out (EACCES).`,
        'Run Blueline as the user that Messages runs as, or give the folder back to that user.',
      );
    case 'ENOENT':
    case 'messages_db_missing':
      return fail(
        `There is no database in ${folder}: nobody has signed in to Messages here.`,
        'Open Messages and sign in; or correct messages.db in config.yaml.',
      );
    case 'messages_db_unreadable':
      // What vanilla SQLite makes of EPERM on one of the database's three files.
      return fail(
        `${folder} can be listed, but the database in it not opened (${causeOf(error)}).`,
        GIVE_ACCESS,
        PANES.fullDiskAccess,
      );
    default:
      return warn(
        `The database cannot be read now (${code}).`,
        'It is tried again; see the warnings of health.',
      );
  }
}

function causeOf(error: unknown): string {
  return error instanceof BluelineError && error.cause !== undefined
    ? errorCode(error.cause)
    : errorCode(error);
}

export function checkSignedIn({ read }: DoctorDeps): Found {
  return reading(() =>
    read((db) => db.lastRowId()) > 0
      ? ok('The database holds messages.')
      : warn(
          'The database has never held a message: Messages may not be signed in.',
          'Sign in under Messages › Settings › iMessage, and send a text by hand.',
        ),
  );
}

export function checkDatabase({ database, read }: DoctorDeps): Found {
  return reading(() => {
    const { journalMode, lacked } = read((db) => ({ ...db.format(), lacked: db.lackedColumns() }));
    const size = sizeOf(database) ?? 0;
    const wal = sizeOf(`${database}-wal`);
    const told =
      `${megabytes(size)}, ${wal === null ? 'no WAL' : `WAL ${megabytes(wal)}`}, journal ${journalMode}` +
      `${lacked.length === 0 ? ', every column that is read' : `, without ${lacked.join(', ')}`}.`;
    if (journalMode !== 'wal') {
      return warn(told, 'Restart Messages: it keeps its database in WAL mode.');
    }
    return (wal ?? 0) > LARGE_WAL_BYTES
      ? warn(told, 'Quit other programs that open chat.db, then restart Messages.')
      : ok(told);
  });
}

export function checkAges({ clock, read }: DoctorDeps): Found {
  return reading(() => {
    const { items, sentAt } = read((db) => ({
      ...db.messages({ chat: null, line: null, before: null, limit: NEWEST }),
      sentAt: db.lastSentAt(),
    }));
    const received = items.find(({ message }) => !message.isFromMe)?.message.sentAt ?? null;
    const told = `Last received ${age(clock.now(), received)}, last sent ${age(clock.now(), sentAt)}.`;
    return received !== null && clock.now() - received > SILENT_DAYS * DAY_MS
      ? warn(
          told,
          'Text the line from another phone. If nothing arrives though Messages is open, sign out of iMessage and in again.',
        )
      : ok(told);
  });
}

/** Files that are sent are laid there first: Messages reads none of ours. */
export function checkStaging({ database }: DoctorDeps): Found {
  const attachments = join(dirname(database), 'Attachments');
  const folder = join(attachments, 'Blueline');
  const trial = join(folder, `.doctor-${process.pid}`);
  try {
    accessSync(dirname(database), constants.W_OK);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(trial, '');
    rmSync(trial);
    return ok(`${folder} can be written.`);
  } catch (error) {
    const code = errorCode(error);
    return fail(
      `${folder} cannot be written (${code}): no file can be sent.`,
      code === 'EPERM' ? GIVE_ACCESS : 'Give the folder back to the user that Messages runs as.',
      code === 'EPERM' ? PANES.fullDiskAccess : null,
    );
  }
}

/** What needs the database says so, where it cannot be read; why is the business of another check. */
function reading(look: () => Found): Found {
  try {
    return look();
  } catch (error) {
    return warn(`The database cannot be read now (${errorCode(error)}).`, 'See Full Disk Access.');
  }
}

/** By its entry in the folder alone: opening chat.db beside SQLite would drop SQLite's locks. */
function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function age(now: number, at: number | null): string {
  if (at === null) {
    return 'never';
  }
  const hours = Math.max(0, (now - at) / 3_600_000);
  return hours < 48 ? `${hours.toFixed(1)} h ago` : `${Math.round(hours / 24)} days ago`;
}

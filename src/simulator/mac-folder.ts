import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledCodeFolder } from '../runtime/index.ts';

/** `sun_path` holds 104 bytes on macOS, its ending zero included; Linux gives four more. */
const SOCKET_PATH_LIMIT = 103;

/** Where the simulated Mac keeps what it shows to the world. */
export interface MacFolder {
  readonly database: string;
  /** What `BLUELINE_OSASCRIPT` is to name. */
  readonly osascript: string;
  readonly socket: string;
  /** Removes the socket, and its folder if it got one of its own. The database stays. */
  remove(): void;
}

/** Makes the folder with everything but the database in it. `socketPath` overrides where the socket goes. */
export function makeMacFolder(folder: string, socketPath: string | null): MacFolder {
  const root = resolve(folder);
  mkdirSync(join(root, 'Library', 'Messages'), { recursive: true });
  const wanted = socketPath ?? join(root, 'simulator.sock');
  const isTooLong = Buffer.byteLength(wanted) > SOCKET_PATH_LIMIT;
  const short = isTooLong ? mkdtempSync(join(tmpdir(), 'blueline-')) : null;
  const socket = short === null ? wanted : join(short, 'simulator.sock');
  const osascript = join(root, 'osascript');
  const standIn = fileURLToPath(new URL('osascript.ts', import.meta.url));
  // It starts anew for every call: what Node made of it the first time is kept, where this process keeps its own.
  const kept = compiledCodeFolder() ?? join(root, 'compile-cache');
  const cache = `NODE_COMPILE_CACHE=${quote(kept)}`;
  writeFileSync(
    osascript,
    `#!/bin/sh\n${cache} exec ${quote(process.execPath)} ${quote(standIn)} ${quote(socket)} "$@"\n`,
  );
  chmodSync(osascript, 0o755);
  return {
    database: join(root, 'Library', 'Messages', 'chat.db'),
    osascript,
    socket,
    remove: () => {
      rmSync(socket, { force: true });
      if (short !== null) {
        rmSync(short, { recursive: true, force: true });
      }
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

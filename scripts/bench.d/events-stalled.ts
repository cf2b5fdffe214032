import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { memoryOf } from './capture-usage.ts';
import type { Place } from './events-measure.ts';

/** A reader that takes nothing is cut after ten seconds; the kernel's buffers take some first. */
const CUT_LIMIT_MS = 40_000;

export interface StalledFigures {
  readonly beforeBytes: number;
  /** The most while the reader stood still. */
  readonly mostBytes: number;
  /** Whether it was cut in time. */
  readonly isCut: boolean;
  readonly cutAfterMs: number;
}

/** One reader asks for the whole journal and takes nothing of it: what does the daemon hold for it? */
export async function measureStalled(pid: number, place: Place): Promise<StalledFigures> {
  const beforeBytes = memoryOf(pid).privateBytes;
  const startedAt = performance.now();
  const socket = new WebSocket(`${place.url}?after=0`, { headers: { authorization: place.authorization } });
  socket.on('error', () => undefined);
  const [response]: IncomingMessage[] = await once(socket, 'upgrade');
  const ownPort = response?.socket.localPort ?? 0;
  socket.pause();
  let mostBytes = beforeBytes;
  let isCut = false;
  // A paused socket does not see that the other side has gone.
  while (!isCut && performance.now() - startedAt < CUT_LIMIT_MS) {
    mostBytes = Math.max(mostBytes, memoryOf(pid).privateBytes);
    await pause(100);
    isCut = isGone(pid, ownPort);
  }
  const cutAfterMs = performance.now() - startedAt;
  socket.terminate();
  return { beforeBytes, mostBytes, isCut, cutAfterMs };
}

/** Whether the daemon's side of the connection from a port of ours has been closed. */
function isGone(pid: number, ownPort: number): boolean {
  const port = ownPort.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/u.exec(linkOf(pid, fd))?.[1] ?? []),
  );
  return !readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .some((line) => {
      const [, , remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/u);
      return remote.endsWith(`:${port}`) && inodes.has(inode);
    });
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    // Closed meanwhile.
    return '';
  }
}

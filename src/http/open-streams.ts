import { CLOSE_CODES } from '../contract/index.ts';
import { errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import { hasScope } from './authenticate.ts';
import type { Grant, KeysPort } from './ports.ts';

/** A revoked or narrowed key closes its sockets within a second: what takes a whole one comes too late. */
const RECHECK_MS = 500;
/** How long a peer may take to answer a close before its socket is cut. */
const CLOSE_GRACE_MS = 1_000;

/** A connection that stays open: a WebSocket, or what behaves as one. */
export interface StreamSocket {
  readonly readyState: number;
  /** The state of one that is gone. */
  readonly CLOSED: number;
  close(code: number, reason: string): void;
  /** Ends it at once. */
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
}

/** The authenticated sockets: watches that their keys still hold, and ends them all at the stop. */
export interface OpenStreams {
  start(): void;
  add(socket: StreamSocket, grant: Grant): void;
  /** Says goodbye, then cuts what does not answer. */
  close(socket: StreamSocket, code: number, reason: string): void;
  /** Resolves once every socket that was closed here is gone. */
  stop(): Promise<void>;
}

export function createOpenStreams(deps: {
  readonly keys: KeysPort;
  readonly clock: Clock;
  readonly log: Logger;
}): OpenStreams {
  const { keys, clock, log } = deps;
  const open = new Map<StreamSocket, Grant>();
  const ending = new Set<Promise<void>>();
  let timer: Timer | null = null;
  let isFailing = false;
  let version: string | null = null;

  const close = (socket: StreamSocket, code: number, reason: string) => {
    open.delete(socket);
    if (socket.readyState === socket.CLOSED) {
      return;
    }
    socket.close(code, reason);
    const cut = clock.after(CLOSE_GRACE_MS, () => socket.terminate());
    const ended = new Promise<void>((resolve) => {
      socket.once('close', () => {
        cut.cancel();
        ending.delete(ended);
        resolve();
      });
    });
    ending.add(ended);
  };

  const recheck = () => {
    if (open.size === 0) {
      return;
    }
    const current = keys.version();
    if (current === version) {
      return;
    }
    closeUnkeyed();
    version = current;
  };

  const closeUnkeyed = () => {
    const now = new Map<string, Grant | null>();
    for (const [socket, grant] of open) {
      if (!now.has(grant.keyId)) {
        now.set(grant.keyId, keys.stillValid(grant.keyId));
      }
      const current = now.get(grant.keyId) ?? null;
      if (current === null) {
        close(socket, CLOSE_CODES.unauthenticated, 'key_revoked');
      } else if (isNarrower(current, grant)) {
        close(socket, CLOSE_CODES.forbidden, 'key_narrowed');
      }
    }
  };

  return {
    start: () => {
      timer ??= clock.every(RECHECK_MS, () => {
        try {
          recheck();
          isFailing = false;
        } catch (error) {
          // Streams go on: the next look is half a second away, and a broken store shows in /health.
          if (!isFailing) {
            log.error({ code: errorCode(error) }, 'Keys of open streams could not be checked');
          }
          isFailing = true;
        }
      });
    },
    add: (socket, grant) => {
      open.set(socket, grant);
      // Its key was looked at before it came.
      version = null;
      socket.once('close', () => open.delete(socket));
    },
    close,
    stop: async () => {
      timer?.cancel();
      timer = null;
      for (const socket of open.keys()) {
        close(socket, CLOSE_CODES.goingAway, 'bridge_stopping');
      }
      await Promise.all(ending);
    },
  };
}

/** Whether a key may no longer do what its stream was opened with. */
function isNarrower(current: Grant, before: Grant): boolean {
  if (!hasScope(current, 'events:read')) {
    return true;
  }
  const { lines } = current;
  return lines !== null && (before.lines === null || !before.lines.every((line) => lines.includes(line)));
}

import type { Host } from '../host/index.ts';
import type { AppStatus } from '../messages-app/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import type { Clock } from '../runtime/index.ts';

/** What the doctor may look at. */
export interface DoctorDeps {
  /** Who looks: permissions differ by it. */
  readonly asked: 'agent' | 'command';
  readonly host: Host;
  readonly clock: Clock;
  readonly uid: number;
  /** launchd's name for the agent. */
  readonly label: string;
  /** The Node that runs this. */
  readonly node: string;
  readonly dataFolder: string;
  /** `null`: the log goes to no files of its own. */
  readonly logFolder: string | null;
  /** Bytes that the log's files take at the most. */
  readonly logBytes: number;
  /** Path of chat.db. */
  readonly database: string;
  /** Reads from it, through the one connection of this process. */
  readonly read: <T>(query: (db: MessagesDb) => T) => T;
  /** How Messages is: the daemon knows, a command has to ask. */
  readonly app: () => Promise<AppStatus>;
  /** What health warns of now; nothing where there is no daemon to know. */
  readonly warnings: () => readonly {
    readonly code: string;
    readonly severity: 'degraded' | 'unhealthy';
    readonly text: string;
    readonly action: string;
  }[];
}

/** One thing that was looked at. */
export interface Check {
  /** Stable: programs go by it. */
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found, as a sentence; never a text or a handle. */
  readonly evidence: string;
  /** What a person can do about it. */
  readonly cure: string | null;
  /** The pane of System Settings where it is done, as `open` takes it. */
  readonly pane: string | null;
}

/** The same without its name: what looking gives. */
export type Found = Omit<Check, 'id' | 'title'>;

export function ok(evidence: string): Found {
  return { status: 'ok', evidence, cure: null, pane: null };
}

export function warn(evidence: string, cure: string, pane: string | null = null): Found {
  return { status: 'warn', evidence, cure, pane };
}

export function fail(evidence: string, cure: string, pane: string | null = null): Found {
  return { status: 'fail', evidence, cure, pane };
}

import { rmSync } from 'node:fs';
import { Disposal, type Clock } from '../runtime/index.ts';
import { Acts } from './acts.ts';
import { burst } from './burst.ts';
import { CommandServer } from './command-server.ts';
import { commandSchema, type SimulatorCommand, type SimulatorRequest } from './command.ts';
import type { Era } from './era-schema.ts';
import { Faults } from './fault.ts';
import { makeMacFolder } from './mac-folder.ts';
import { PeopleActs } from './people-acts.ts';
import { People, type Behaviour } from './people.ts';
import { RowLife, type Received } from './row-life.ts';
import { ScriptCalls } from './script-calls.ts';
import { SendActs } from './send-acts.ts';
import { SendLog, type SendAttempt } from './send-log.ts';
import { SimulatedMessages } from './simulated-messages.ts';
import { DEFAULT_TIMING, type Timing } from './timing.ts';

export interface SimulateOptions {
  /** Made if missing; an existing chat.db in it is used on. */
  readonly folder: string;
  readonly era?: Era;
  /** Own address. */
  readonly line?: string;
  readonly clock: Clock;
  readonly timing?: Partial<Timing>;
  readonly people?: Readonly<Record<string, Behaviour>>;
  /** Whether an iPhone forwards its text messages: then Messages has an SMS account. By default it has none. */
  readonly hasSms?: boolean;
  /** Where the socket goes; by default into the folder, or a short temporary one if its path is too long for a socket. */
  readonly socketPath?: string;
}

export interface SimulatorState {
  readonly era: Era;
  readonly line: string;
  readonly isRunning: boolean;
  /** What contacts were really shown; each text to each of them once if all is well. */
  readonly received: readonly Received[];
  /** Every send that a script asked for, whatever became of it. */
  readonly attempts: readonly SendAttempt[];
  /** Scripts that sent nothing: `probe` and its like. */
  readonly questions: number;
  readonly people: ReturnType<People['all']>;
  readonly faults: ReturnType<Faults['list']>;
  /** Steps that are still to come. */
  readonly pending: number;
  /** Rows that wait until Messages runs again. */
  readonly waiting: number;
  /** The newest row of chat.db, and which database it is; `null` while Messages does not have it open. */
  readonly head: { readonly rowId: number; readonly databaseId: string | null } | null;
}

/** A running simulated Mac. The daemon needs `database` and `osascript` of it, tests and people the rest. */
export interface SimulatedMac {
  readonly database: string;
  readonly osascript: string;
  readonly socket: string;
  readonly messages: SimulatedMessages;
  /** Carries out one command, as if it had come over the socket; throws BluelineError where that answers an error. */
  run(command: SimulatorRequest): Promise<unknown>;
  state(): SimulatorState;
  /** Resolves when a command has asked for the end. */
  readonly ended: Promise<void>;
  /** Ends every script that still hangs, closes the database, removes the socket. Twice is harmless. */
  close(): Promise<void>;
}

export const DEFAULT_LINE = '+15550009999';

/** Starts a simulated Mac in this process, listening on its socket. */
export async function simulateMac(options: SimulateOptions): Promise<SimulatedMac> {
  const { clock, era = '26', line = DEFAULT_LINE } = options;
  const disposal = new Disposal();
  const folder = makeMacFolder(options.folder, options.socketPath ?? null);
  disposal.add('folder', () => folder.remove());
  let timing: Timing = { ...DEFAULT_TIMING, ...options.timing };
  const parts = {
    acts: new Acts(clock),
    people: new People(options.people ?? {}),
    timing: () => timing,
    line,
    era,
    log: new SendLog(clock),
  };
  const messages = new SimulatedMessages(folder.database, { era, line, now: () => clock.now() });
  disposal.add('messages', () => messages.close());
  disposal.add('acts', () => parts.acts.stop());
  const faults = new Faults();
  const life = new RowLife({ ...parts, messages });
  const sends = new SendActs({ ...parts, messages, life });
  const scripts = new ScriptCalls({ ...parts, messages, faults, sends, hasSms: options.hasSms ?? false });
  const people = new PeopleActs({ ...parts, messages, life });
  const ended = Promise.withResolvers<void>();

  const state = (): SimulatorState => ({
    era,
    line,
    isRunning: messages.isRunning,
    received: life.received(),
    attempts: parts.log.attempts,
    questions: scripts.questions,
    people: parts.people.all(),
    faults: faults.list(),
    pending: parts.acts.pending,
    waiting: messages.waiting,
    head: messages.head(),
  });

  const run = async (command: SimulatorCommand): Promise<unknown> => {
    switch (command.command) {
      case 'burst':
        return burst(messages, clock, command.args);
      case 'person':
        return parts.people.set(command.args.handle, command.args.behaviour);
      case 'fault':
        faults.arm(command.args.fault, command.args.times, command.args.text ?? null);
        return faults.list();
      case 'clear-faults':
        faults.clear();
        return faults.list();
      case 'timing':
        timing = { ...timing, ...defined(command.args) };
        return timing;
      case 'quit':
        messages.quit();
        return { isRunning: messages.isRunning };
      case 'reopen':
        messages.reopen();
        return { isRunning: messages.isRunning };
      case 'kill':
        messages.kill();
        return { isRunning: messages.isRunning };
      case 'vanish':
        messages.vanish();
        return { isRunning: messages.isRunning };
      case 'restore':
        messages.restore();
        return { isRunning: messages.isRunning };
      case 'replace-database':
        messages.replaceDatabase(command.args);
        return { isRunning: messages.isRunning };
      case 'checkpoint':
        return messages.checkpoint(command.args.mode);
      case 'wait-idle':
        return { idle: await parts.acts.idle(command.args.timeoutMs) };
      case 'wait-for': {
        const { text, step, timeoutMs } = command.args;
        return { reached: await parts.log.reaches(text, step, timeoutMs) };
      }
      case 'inbox':
        return life.inbox(command.args.of ?? null);
      case 'state':
        return state();
      case 'exit':
        // The answer goes out first.
        setImmediate(() => ended.resolve());
        return {};
      case 'text':
      case 'group-text':
      case 'attachment':
      case 'react':
      case 'edit':
      case 'unsend':
      case 'read':
      case 'owner-reads':
      case 'phone':
      case 'delete':
      case 'replay':
      case 'group':
        return people.run(command);
      default:
        return command satisfies never;
    }
  };

  const server = new CommandServer({ path: folder.socket, run, scripts });
  disposal.add('server', () => server.close());
  try {
    await server.listen();
  } catch (error) {
    await disposal.close();
    throw error;
  }
  return {
    database: folder.database,
    osascript: folder.osascript,
    socket: folder.socket,
    messages,
    run: async (request) => run(commandSchema.parse(request)),
    state,
    ended: ended.promise,
    close: () => {
      rmSync(`${folder.database}.next`, { force: true });
      return disposal.close();
    },
  };
}

/** zod gives absent keys of a partial object as `undefined`, which must not overwrite. */
function defined(changes: { readonly [K in keyof Timing]?: Timing[K] | undefined }): Partial<Timing> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

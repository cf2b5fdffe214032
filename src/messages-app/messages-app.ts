import type { Handle } from '../domain/index.ts';
import type { Clock, Logger } from '../runtime/index.ts';
import { classifyProbe, type AppStatus } from './app-status.ts';
import { createScriptRunner } from './script-runner.ts';
import { readScript } from './scripts.ts';
import { classifySend, rejected, type SendOutcome } from './send-outcome.ts';

/** A send takes about 0.1 s (measured on macOS 26); what has not ended after this hangs. */
const SEND_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 5_000;
/** The script itself waits for 8 s. */
const POKE_TIMEOUT_MS = 10_000;
/** It waits up to 20 s for Messages to be gone, and 3 s more. */
const RELAUNCH_TIMEOUT_MS = 40_000;
/** `osascript` ends on SIGTERM at once, unless it hangs in a call that cannot be interrupted. */
const KILL_GRACE_MS = 2_000;

/** Where a text goes: a chat by the guid that chat.db holds, or an address on an account. */
export type SendTarget =
  | { readonly form: 'chat'; readonly guid: string }
  | {
      readonly form: 'participant';
      readonly handle: Handle;
      /** A service type (`iMessage`, `SMS`, `RCS`) or the id of an account. */
      readonly service: string;
    };

/** Apple's Messages, as far as a script can reach it. No call rejects: every end is a value. */
export interface MessagesApp {
  /**
   * Hands one text to Messages. An abort before the start is `rejected`; a later one kills the script, which leaves the
   * outcome `uncertain`. Nothing is ever tried twice here.
   */
  sendText(target: SendTarget, text: string, signal?: AbortSignal): Promise<SendOutcome>;
  /** The same with one file, by its absolute path in a folder that Messages can read. */
  sendFile(target: SendTarget, path: string, signal?: AbortSignal): Promise<SendOutcome>;
  /** Quits Messages and opens it again. Never to be called during a send. False where that did not work. */
  relaunch(signal?: AbortSignal): Promise<boolean>;
  /** Asks Messages something that wakes it where it has gone idle; never launches it. False where it did not answer. */
  poke(signal?: AbortSignal): Promise<boolean>;
  /** A script that was killed is still there, and may yet act: nothing else is to be sent. */
  isStuck(): boolean;
  /** Asks Messages how it is, without ever launching it. After an abort the answer is `unknown`. */
  probe(signal?: AbortSignal): Promise<AppStatus>;
}

/**
 * Messages behind the `osascript` of this Mac (`osascript: null`) or behind a stand-in that speaks the same contract.
 * Without a stand-in and without a Mac, each send is rejected and the status is unknown.
 * @param options.environment what the child may inherit from; by default only what the system itself tells.
 * @throws BluelineError `installation_broken` if a script file is missing.
 */
export function createMessagesApp(options: {
  readonly osascript: string | null;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sendTimeoutMs?: number;
  readonly probeTimeoutMs?: number;
  readonly relaunchTimeoutMs?: number;
  readonly killGraceMs?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}): MessagesApp {
  const { osascript, clock, log } = options;
  const reachable = osascript !== null || options.platform === 'darwin';
  const scripts = {
    sendText: readScript('send-text'),
    sendFile: readScript('send-file'),
    probe: readScript('probe'),
    relaunch: readScript('relaunch'),
    poke: readScript('poke'),
  };
  const runner = createScriptRunner({
    osascript,
    clock,
    environment: options.environment ?? {},
    killGraceMs: options.killGraceMs ?? KILL_GRACE_MS,
  });

  const send = async (
    script: string,
    target: SendTarget,
    content: string,
    signal: AbortSignal | undefined,
  ): Promise<SendOutcome> => {
    const refusal = refuse(target, content);
    if (refusal !== null) {
      return refusal;
    }
    if (!reachable) {
      return rejected('no_messages_app');
    }
    const startedAt = clock.now();
    const end = await runner.run({
      script,
      args: [...targetArgs(target), content],
      timeoutMs: options.sendTimeoutMs ?? SEND_TIMEOUT_MS,
      signal,
    });
    const outcome = classifySend(end);
    log.debug(
      { ...outcome, end: end.end, form: target.form, ms: clock.now() - startedAt },
      'A send script ended',
    );
    if (end.end === 'not_started') {
      log.warn({ code: end.code }, 'The executable that sends could not be started');
    }
    return outcome;
  };

  /** A script without arguments, for what it does. */
  const act = async (
    script: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> => {
    const end = reachable ? await runner.run({ script, args: [], timeoutMs, signal }) : null;
    return end?.end === 'exited' && end.code === 0;
  };

  return {
    sendText: (target, text, signal) => send(scripts.sendText, target, text, signal),
    sendFile: (target, path, signal) => send(scripts.sendFile, target, path, signal),
    isStuck: () => runner.isStuck(),
    relaunch: (signal) => act(scripts.relaunch, options.relaunchTimeoutMs ?? RELAUNCH_TIMEOUT_MS, signal),
    poke: (signal) => act(scripts.poke, POKE_TIMEOUT_MS, signal),
    probe: async (signal) => {
      if (!reachable) {
        return { state: 'unknown', code: null };
      }
      const timeoutMs = options.probeTimeoutMs ?? PROBE_TIMEOUT_MS;
      return classifyProbe(await runner.run({ script: scripts.probe, args: [], timeoutMs, signal }));
    },
  };
}

function targetArgs(target: SendTarget): readonly [string, string, string] {
  switch (target.form) {
    case 'chat':
      return ['chat', target.guid, '-'];
    case 'participant':
      return ['participant', target.handle, target.service];
    default:
      return target satisfies never;
  }
}

/** What argv cannot carry unchanged: a NUL ends a C string, and half a surrogate pair has no UTF-8. */
function refuse(target: SendTarget, text: string): SendOutcome | null {
  const carried = (value: string) => value !== '' && value.isWellFormed() && !value.includes('\0');
  if (!carried(text)) {
    return rejected('invalid_text');
  }
  return targetArgs(target).every(carried) ? null : rejected('invalid_target');
}

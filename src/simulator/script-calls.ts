import { existsSync } from 'node:fs';
import type { Acts } from './acts.ts';
import type { Faults } from './fault.ts';
import { ACCOUNT_GUID, SMS_ACCOUNT_GUID } from './own-account.ts';
import { scriptErrorLine } from './script-error.ts';
import { resolveTarget, type Payload, type SendActs } from './send-acts.ts';
import type { SendLog } from './send-log.ts';
import { planSend } from './send-plan.ts';
import type { SimulatedMessages } from './simulated-messages.ts';
import type { Timing } from './timing.ts';

/** What the stand-in is told to do; it exits with `exit` and hangs while none has come. */
export interface ScriptReply {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit?: number;
  /** It is to survive SIGTERM. */
  readonly ignoreTerm?: true;
}

export interface ScriptCall {
  /** From the script's first line, `-- blueline <name> <version>`; `null` if it says no such thing. */
  readonly script: { readonly name: string; readonly version: number } | null;
  readonly args: readonly string[];
}

/** Where the answer to a script goes, and how to learn that nobody takes it any more: the script was killed. */
export interface ScriptCaller {
  readonly reply: (reply: ScriptReply) => void;
  readonly onGone: (run: () => void) => void;
}

type Reply = ScriptCaller['reply'];

/** Acts out the scripts that the daemon runs, as Messages behind `osascript` would. */
export class ScriptCalls {
  readonly #messages: SimulatedMessages;
  readonly #faults: Faults;
  readonly #sends: SendActs;
  readonly #timing: () => Timing;
  readonly #hasSms: boolean;
  readonly #acts: Acts;
  readonly #log: SendLog;
  #questions = 0;

  constructor(options: {
    readonly messages: SimulatedMessages;
    readonly faults: Faults;
    readonly sends: SendActs;
    readonly timing: () => Timing;
    /** The iPhone forwards text messages. */
    readonly hasSms: boolean;
    readonly acts: Acts;
    readonly log: SendLog;
  }) {
    this.#messages = options.messages;
    this.#faults = options.faults;
    this.#sends = options.sends;
    this.#timing = options.timing;
    this.#hasSms = options.hasSms;
    this.#acts = options.acts;
    this.#log = options.log;
  }

  /** How many scripts ran that send nothing. */
  get questions(): number {
    return this.#questions;
  }

  run(call: ScriptCall, caller: ScriptCaller): void {
    const { reply } = caller;
    const name = call.script?.version === 1 ? call.script.name : '';
    switch (name) {
      case 'send-text':
      case 'send-file':
        this.#send(name, call.args, caller);
        return;
      case 'probe':
        this.#ask(reply, () => reply({ stdout: this.#probe(), exit: 0 }));
        return;
      case 'poke':
        this.#ask(reply, () => {
          this.#needRunning(reply, () => reply({ stdout: 'ok\n', exit: 0 }));
        });
        return;
      case 'quit':
        this.#ask(reply, () => {
          this.#messages.quit();
          reply({ stdout: 'ok\n', exit: 0 });
        });
        return;
      case 'relaunch':
        this.#ask(reply, () => {
          this.#messages.quit();
          this.#messages.reopen();
          reply({ stdout: 'ok\n', exit: 0 });
        });
        return;
      default:
        reply({ stderr: `${scriptErrorLine(-2741)}\n`, exit: 1 });
    }
  }

  #ask(reply: Reply, answer: () => void): void {
    this.#questions += 1;
    const faults = this.#faults.forQuestion();
    const language = faults.some((fault) => fault.name === 'german') ? 'de' : 'en';
    if (faults.some((fault) => fault.name === 'frozen')) {
      return;
    }
    const denied = faults.find((fault) => fault.name === 'script-error');
    if (denied !== undefined) {
      reply({ stderr: `${scriptErrorLine(denied.code, { language })}\n`, exit: 1 });
      return;
    }
    answer();
  }

  #probe(): string {
    if (!this.#messages.isRunning) {
      return 'running: false\n';
    }
    const standing = new Set(this.#faults.forQuestion().map(({ name }) => name));
    const connection = standing.has('disconnected') ? 'disconnected' : 'connected';
    const own = standing.has('signed-out') ? '' : `account: ${ACCOUNT_GUID}\tiMessage\ttrue\t${connection}\n`;
    const sms = this.#hasSms ? `account: ${SMS_ACCOUNT_GUID}\tSMS\ttrue\tconnected\n` : '';
    return `running: true\n${own}${sms}`;
  }

  #needRunning(reply: Reply, then: () => void): void {
    if (this.#messages.isRunning) {
      then();
    } else {
      reply({ stderr: `${scriptErrorLine(-600)}\n`, exit: 1 });
    }
  }

  #send(script: 'send-text' | 'send-file', args: readonly string[], caller: ScriptCaller): void {
    const { reply } = caller;
    const [form, name, account, content] = args;
    if (
      form === undefined ||
      name === undefined ||
      account === undefined ||
      content === undefined ||
      args.length !== 4
    ) {
      reply({ stderr: `${scriptErrorLine(-1728, { what: 'item 4 of argv' })}\n`, exit: 1 });
      return;
    }
    const mark = this.#log.begin({ script, form, name, content });
    if (this.#refuses({ form, name, account }, reply)) {
      return;
    }
    const plan = planSend(this.#faults.forSend(content), this.#timing());
    const { language, scriptError } = plan;
    const fail = (code: number, what?: string) =>
      reply({
        stderr: `${scriptErrorLine(code, { language, ...(what === undefined ? {} : { what }) })}\n`,
        exit: 1,
      });
    if (scriptError?.moment === 'before') {
      this.#quitIf(plan.quits);
      fail(scriptError.code, form === 'chat' ? `chat id "${name}"` : `participant "${name}"`);
      return;
    }
    if (script === 'send-file' && !existsSync(content)) {
      fail(-43, `file "${content}"`);
      return;
    }
    const target = resolveTarget(this.#messages, { form, name, account }, plan.notFound);
    if ('missing' in target) {
      fail(-1728, target.missing);
      return;
    }
    reply({ stderr: 'phase: resolved\n', ...(plan.hang === 'until-kill' ? { ignoreTerm: true } : {}) });
    const payload: Payload =
      script === 'send-text' ? { kind: 'text', text: content } : { kind: 'file', path: content };
    const { startsAfterKillMs } = plan;
    if (startsAfterKillMs === null) {
      this.#sends.start(target, payload, plan, mark);
    } else {
      caller.onGone(() =>
        this.#acts.later(startsAfterKillMs, () => this.#sends.start(target, payload, plan, mark)),
      );
    }
    if (plan.hang !== 'no') {
      return;
    }
    this.#quitIf(plan.quits);
    if (scriptError !== null) {
      fail(scriptError.code);
      return;
    }
    reply({ ...(plan.saysSent ? { stdout: 'sent\n' } : {}), exit: plan.exitStatus });
  }

  /** What cannot be done anyway meets no fault of its own: that waits for the send that can. */
  #refuses(args: Parameters<typeof resolveTarget>[1], reply: Reply): boolean {
    const standing = this.#faults.forQuestion();
    const language = standing.some((fault) => fault.name === 'german') ? 'de' : 'en';
    if (!this.#messages.isRunning) {
      reply({ stderr: `${scriptErrorLine(-600, { language })}\n`, exit: 1 });
      return true;
    }
    const found = resolveTarget(this.#messages, args, []);
    if (!('missing' in found) || standing.some((fault) => fault.name === 'script-error')) {
      return false;
    }
    reply({ stderr: `${scriptErrorLine(-1728, { language, what: found.missing })}\n`, exit: 1 });
    return true;
  }

  #quitIf(quits: boolean): void {
    if (quits) {
      this.#messages.quit();
    }
  }
}

import type { Guard, RuleVerdict, Send, Stage, Verdict } from '../deliverability/index.ts';
import {
  instant,
  type Command,
  type FailureCode,
  type Handle,
  type Instant,
  type Service,
  type ServiceChoice,
  type Target,
} from '../domain/index.ts';
import { BluelineError, type Clock } from '../runtime/index.ts';
import type { Route } from './lane.ts';
import { chatOf } from './match.ts';

export type GuardPort = Pick<Guard, 'judge' | 'verdicts' | 'reserve' | 'release' | 'commit' | 'retract'>;

export interface AskGuardDeps {
  readonly guard: GuardPort;
  readonly clock: Clock;
  readonly route: (target: Target, service: ServiceChoice) => Route;
  /** Whose clocks quiet hours go by. */
  readonly recipients: (target: Target) => readonly Handle[];
}

/** Puts the outbox's questions to the guard, and lets it count what becomes of commands. */
export interface AskGuard {
  /** May it be taken on? What waits for an answer is judged as the answer to it that it will be. */
  onAccept(command: Command): Verdict;
  /** Every rule's own verdict besides. */
  check(command: Command): { readonly verdict: Verdict; readonly rules: readonly RuleVerdict[] };
  /** May this part go now? */
  onStart(command: Command, part: number, service: Service | null): Verdict;
  /** Would it be let go now, that waits for a limit? */
  mayGoNow(command: Command): boolean;
  /** Inside the transaction that stores the change: takes places and gives them back. `before` is `null` of a new one. */
  follow(before: Command | null, after: Command): void;
}

/** Certain: nothing left, whatever the attempt was counted as. */
const DID_NOT_LEAVE: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'send_rejected',
  'chat_not_found',
  'service_unavailable',
  'not_sent',
]);

export function createAskGuard({ guard, clock, route, recipients }: AskGuardDeps): AskGuard {
  const plannedService = ({ target, service }: Command): Service | null => {
    try {
      const way = route(target, service);
      return 'refused' in way ? null : way.service;
    } catch (error) {
      // A database that cannot be read refuses nothing: the lane asks again when it can.
      if (error instanceof BluelineError) {
        return null;
      }
      throw error;
    }
  };
  const sendOf = (command: Command, service: Service | null, bubbles: number): Send => ({
    id: command.id,
    chat: chatOf(command.target),
    recipients: recipients(command.target),
    family: isCarrier(service, command.service) ? 'carrier' : 'imessage',
    text: textOf(command),
    hasFiles: command.parts.some(({ content }) => content.kind === 'file'),
    bubbles,
    optIn: command.optIn,
    onLimit: command.onLimit,
  });
  const asAccepted = (command: Command): { send: Send; at: Instant; stage: Stage } => {
    const isAnswer = command.hold.name === 'deferred' && command.hold.reason === 'after_reply';
    return {
      send: sendOf(command, plannedService(command), command.parts.length),
      at: instant(Math.max(clock.now(), command.notBefore ?? 0)),
      stage: isAnswer ? 'continue' : 'accept',
    };
  };

  const reserve = (command: Command): void => {
    const { hold } = command;
    const left = command.parts.filter(({ attempts }) => attempts.length === 0).length;
    // What waits for an answer takes no place that others could use until then.
    const isPlaced = hold.name === 'queued' || (hold.name === 'deferred' && hold.reason !== 'after_reply');
    if (!isPlaced || left === 0) {
      return;
    }
    const now = clock.now();
    const dueAt = hold.name === 'deferred' ? (hold.until ?? now) : now;
    guard.reserve(sendOf(command, plannedService(command), left), dueAt, command.expiresAt);
  };

  /** What a part's attempts have become: begun, taken back, or certainly failed. */
  const count = (before: Command, after: Command, part: number): void => {
    const was = before.parts[part]?.attempts ?? [];
    const is = after.parts[part]?.attempts ?? [];
    const last = is.at(-1);
    const didNotLeave = last?.state.name === 'failed' && DID_NOT_LEAVE.has(last.state.failure.code);
    if (is.length > was.length && last !== undefined && !didNotLeave) {
      guard.commit(sendOf(after, last.service, after.parts.length - part), part);
    } else if (is.length < was.length) {
      guard.retract(after.id, part);
      reserve(after);
    } else if (didNotLeave && was.at(-1)?.state.name !== 'failed') {
      guard.retract(after.id, part);
    }
  };

  return {
    onAccept: (command) => {
      const { send, at, stage } = asAccepted(command);
      return guard.judge(send, at, stage);
    },
    check: (command) => {
      const { send, at } = asAccepted(command);
      return guard.verdicts(send, at);
    },
    onStart: (command, part, service) => {
      const hasBegun = command.parts.some(({ attempts }) => attempts.length > 0);
      const send = sendOf(command, service, hasBegun ? 1 : command.parts.length - part);
      // It was taken on: a cap that others have filled since, a person on the phone above all, makes it wait.
      return guard.judge({ ...send, onLimit: 'queue' }, clock.now(), hasBegun ? 'continue' : 'start');
    },
    mayGoNow: (command) => {
      const send = sendOf(command, plannedService(command), command.parts.length);
      return guard.judge({ ...send, onLimit: 'queue' }, clock.now(), 'start').kind === 'allow';
    },
    follow: (before, after) => {
      if (before === null) {
        reserve(after);
        return;
      }
      for (const part of after.parts.keys()) {
        count(before, after, part);
      }
      if (before.hold === after.hold) {
        return;
      }
      if (after.hold.name === 'queued' || after.hold.name === 'deferred') {
        reserve(after);
      } else {
        guard.release(after.id);
      }
    },
  };
}

function isCarrier(planned: Service | null, asked: ServiceChoice): boolean {
  return planned === null ? asked === 'sms' || asked === 'rcs' : planned !== 'iMessage';
}

function textOf({ parts }: Command): string | null {
  const texts = parts.flatMap(({ content }) => (content.kind === 'text' ? [content.text] : []));
  return texts[0] ?? null;
}

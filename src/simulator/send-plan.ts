import type { Fault } from './fault.ts';
import type { Timing } from './timing.ts';

type Moment = 'before' | 'at-send' | 'after-send';

/** How one send will go, after every fault that meets it has had its say. */
export interface SendPlan {
  readonly scriptError: { readonly code: number; readonly moment: Moment } | null;
  /** Messages quits at the moment of `scriptError`. */
  readonly quits: boolean;
  /** Cannot be found, where the send names it. */
  readonly notFound: readonly ('chat' | 'participant' | 'account')[];
  readonly hang: 'no' | 'until-term' | 'until-kill';
  /** The text leaves with the script, or so many ms after the script has been killed. */
  readonly startsAfterKillMs: number | null;
  readonly row: 'normal' | 'none' | 'ghost' | 'wrong-chat';
  readonly rowDelayMs: number;
  /** `null`: never. */
  readonly joinDelayMs: number | null;
  /** `null`: with the row. */
  readonly bodyDelayMs: number | null;
  readonly body: 'whole' | 'corrupt' | 'without-text';
  /** `null`: with the row. */
  readonly attachmentDelayMs: number | null;
  readonly fate:
    | 'sent'
    | 'never-sent'
    | 'transfer-failed'
    | 'downgraded'
    | { readonly error: number; readonly thenSentMs?: number | undefined };
  readonly receipts: 'apart' | 'together';
  /** `null`: the line. */
  readonly line: string | null;
  readonly exitStatus: number;
  readonly saysSent: boolean;
  readonly language: 'en' | 'de';
}

export function planSend(faults: readonly Fault[], timing: Timing): SendPlan {
  let plan: SendPlan = {
    scriptError: null,
    quits: false,
    notFound: [],
    hang: 'no',
    startsAfterKillMs: null,
    row: 'normal',
    rowDelayMs: timing.rowDelayMs,
    joinDelayMs: timing.joinDelayMs,
    bodyDelayMs: null,
    body: 'whole',
    attachmentDelayMs: null,
    fate: 'sent',
    receipts: 'apart',
    line: null,
    exitStatus: 0,
    saysSent: true,
    language: 'en',
  };
  for (const fault of faults) {
    plan = { ...plan, ...effect(fault, plan) };
  }
  return plan;
}

function effect(fault: Fault, before: SendPlan): Partial<SendPlan> {
  switch (fault.name) {
    case 'error':
      return { fate: { error: fault.error, thenSentMs: fault.thenSentMs } };
    case 'no-row':
      return { row: 'none' };
    case 'hang':
      return {
        hang: fault.hard ? 'until-kill' : 'until-term',
        ...(fault.row ? {} : { row: 'none' as const }),
      };
    case 'hang-then-send':
      return { hang: fault.hard === true ? 'until-kill' : 'until-term', startsAfterKillMs: fault.ms };
    case 'frozen':
      return { hang: 'until-term', row: 'none' };
    case 'signed-out':
      return failing(-1728, 'before');
    case 'disconnected':
      return { fate: 'never-sent' };
    case 'row-late':
      return { rowDelayMs: fault.ms };
    case 'join-late':
      return { joinDelayMs: fault.ms };
    case 'join-never':
      return { joinDelayMs: null };
    case 'body-late':
      return { bodyDelayMs: fault.ms };
    case 'body-corrupt':
      return { body: 'corrupt' };
    case 'text-null':
      return { body: 'without-text' };
    case 'attachment-late':
      return { attachmentDelayMs: fault.ms };
    case 'transfer-failed':
      return { fate: 'transfer-failed' };
    case 'not-found':
      return { notFound: [...before.notFound, fault.what] };
    case 'script-error':
      return failing(fault.code, fault.moment);
    case 'quit':
      return { quits: true, ...failing(fault.moment === 'before' ? -600 : -609, fault.moment) };
    case 'exit':
      return { exitStatus: fault.status, saysSent: false };
    case 'mute':
      return { saysSent: false };
    case 'wrong-chat':
      return { row: 'wrong-chat' };
    case 'ghost':
      return { row: 'ghost' };
    case 'downgrade':
      return { fate: 'downgraded' };
    case 'never-sent':
      return { fate: 'never-sent' };
    case 'receipts-together':
      return { receipts: 'together' };
    case 'other-line':
      return { line: fault.line };
    case 'german':
      return { language: 'de' };
    default:
      return fault satisfies never;
  }
}

function failing(code: number, moment: Moment): Partial<SendPlan> {
  return { scriptError: { code, moment }, ...(moment === 'after-send' ? {} : { row: 'none' as const }) };
}

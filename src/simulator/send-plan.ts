import type { Fault } from './fault.ts';
import type { Timing } from './timing.ts';

/** How one send will go, after every fault that meets it has had its say. */
export interface SendPlan {
  readonly scriptError: {
    readonly code: number;
    readonly moment: 'before' | 'at-send' | 'after-send';
  } | null;
  readonly hang: 'no' | 'until-term' | 'until-kill';
  readonly row: 'normal' | 'none' | 'ghost' | 'wrong-chat';
  readonly rowDelayMs: number;
  /** `null`: never. */
  readonly joinDelayMs: number | null;
  /** `null`: with the row. */
  readonly bodyDelayMs: number | null;
  readonly fate: 'sent' | 'never-sent' | 'downgraded' | { readonly error: number };
  readonly exitStatus: number;
  readonly saysSent: boolean;
  readonly language: 'en' | 'de';
}

export function planSend(faults: readonly Fault[], timing: Timing): SendPlan {
  let plan: SendPlan = {
    scriptError: null,
    hang: 'no',
    row: 'normal',
    rowDelayMs: timing.rowDelayMs,
    joinDelayMs: timing.joinDelayMs,
    bodyDelayMs: null,
    fate: 'sent',
    exitStatus: 0,
    saysSent: true,
    language: 'en',
  };
  for (const fault of faults) {
    plan = { ...plan, ...effect(fault) };
  }
  return plan;
}

function effect(fault: Fault): Partial<SendPlan> {
  switch (fault.name) {
    case 'error':
      return { fate: { error: fault.error } };
    case 'no-row':
      return { row: 'none' };
    case 'hang':
      return {
        hang: fault.hard ? 'until-kill' : 'until-term',
        ...(fault.row ? {} : { row: 'none' as const }),
      };
    case 'frozen':
      return { hang: 'until-term', row: 'none' };
    case 'row-late':
      return { rowDelayMs: fault.ms };
    case 'join-late':
      return { joinDelayMs: fault.ms };
    case 'join-never':
      return { joinDelayMs: null };
    case 'body-late':
      return { bodyDelayMs: fault.ms };
    case 'script-error':
      return {
        scriptError: { code: fault.code, moment: fault.moment },
        ...(fault.moment === 'after-send' ? {} : { row: 'none' as const }),
      };
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
    case 'german':
      return { language: 'de' };
    default:
      return fault satisfies never;
  }
}

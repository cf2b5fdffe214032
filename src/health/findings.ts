import type { Instant } from '../domain/index.ts';
import type { Finding } from './to-warnings.ts';

/** Until Messages has been asked once after the start, nothing is said of it. */
const FIRST_ANSWER_MS = 8_000;
/** A send script that runs longer than this means that Messages does not answer. */
const SLOW_SCRIPT_MS = 8_000;
/** From seeing a row to its event; usually a few milliseconds. */
const LAG_MS = 5_000;

/** A link that comes back sooner was not worth a word: controllers are restarted, networks change. */
const LINK_BREAK_MS = 20_000;
/** "Would prompt": consent was never asked for, or the prompt still stands. */
const WOULD_PROMPT = -1744;

/** How Messages is, as it last said. */
interface AppFacts {
  readonly state: string;
  readonly checkedAt: Instant | null;
  /** Apple's number, where it refused. */
  readonly code?: number | null;
  readonly accounts?: readonly {
    readonly serviceType: string;
    readonly enabled: boolean;
    readonly connection: string;
  }[];
}

/** What the status of Messages means for health. */
export function messagesFindings(app: AppFacts, startedAt: Instant, now: Instant): readonly Finding[] {
  if (app.checkedAt === null) {
    return now - startedAt < FIRST_ANSWER_MS ? [] : [{ code: 'messages_unknown' }];
  }
  switch (app.state) {
    case 'running':
      return accountFindings(app.accounts ?? []);
    case 'not_running':
      return [{ code: 'messages_not_running' }];
    case 'not_responding':
      return [{ code: 'messages_not_responding' }];
    case 'denied':
      return [{ code: app.code === WOULD_PROMPT ? 'automation_unanswered' : 'automation_denied' }];
    default:
      return [{ code: 'messages_unknown' }];
  }
}

function accountFindings(accounts: NonNullable<AppFacts['accounts']>): readonly Finding[] {
  const own = accounts.filter(({ serviceType, enabled }) => serviceType === 'iMessage' && enabled);
  if (own.length === 0) {
    return [{ code: 'messages_signed_out' }];
  }
  return own.some(({ connection }) => connection === 'connected') ? [] : [{ code: 'imessage_disconnected' }];
}

/** What the state of change capture means for health. */
export function captureFindings(capture: {
  readonly state: 'starting' | 'following' | 'unavailable' | 'stopped';
  readonly code: string | null;
  readonly lagMs: number;
  readonly isCommitFailing: boolean;
  /** Why changes are found by scanning although they should be learned from the WAL; `null` where all is as it should be. */
  readonly fallBackReason: string | null;
  readonly surprises: number;
  /** Since when another database is followed of which no message has been told yet. */
  readonly replacedAt: Instant | null;
}): readonly Finding[] {
  const findings: Finding[] = [];
  if (capture.isCommitFailing) {
    findings.push({ code: 'store_failing' });
  }
  if (capture.state === 'stopped') {
    findings.push({ code: 'capture_stopped' });
  }
  if (capture.state === 'unavailable') {
    findings.push(databaseFinding(capture.code));
  }
  if (capture.replacedAt !== null) {
    findings.push({
      code: 'chat_db_replaced',
      detail: `It was found at ${new Date(capture.replacedAt).toISOString()}.`,
    });
  }
  if (capture.lagMs > LAG_MS) {
    findings.push({ code: 'capture_behind', detail: `The last took ${Math.round(capture.lagMs / 1000)} s.` });
  }
  if (capture.fallBackReason !== null) {
    findings.push({ code: 'capture_scanning', detail: `The reason: ${capture.fallBackReason}.` });
  }
  if (capture.surprises > 0) {
    findings.push({ code: 'capture_surprised', detail: `So far: ${capture.surprises}.` });
  }
  return findings;
}

/** What the outbox means for health. */
export function outboxFindings(
  outbox: {
    readonly unknown: number;
    readonly scriptSince: Instant | null;
    readonly refusal: string | null;
    readonly isStuck: boolean;
    readonly pause: { readonly by: 'operator' | 'unknown_outcomes' | 'failures' } | null;
  },
  now: Instant,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (outbox.scriptSince !== null && now - outbox.scriptSince > SLOW_SCRIPT_MS) {
    const seconds = Math.round((now - outbox.scriptSince) / 1000);
    findings.push({
      code: 'messages_not_responding',
      detail: `A send has been waiting for it for ${seconds} s.`,
    });
  }
  if (outbox.pause !== null) {
    findings.push({ code: 'line_paused', detail: PAUSES[outbox.pause.by] });
  }
  if (outbox.isStuck) {
    findings.push({ code: 'script_stuck' });
  }
  if (outbox.refusal !== null) {
    findings.push({ code: 'sends_refused', detail: `The reason: ${outbox.refusal}.` });
  }
  if (outbox.unknown > 0) {
    findings.push({ code: 'unknown_outcomes', detail: `Now: ${outbox.unknown}.` });
  }
  return findings;
}

/** What the guard means for health. */
export function guardFindings(guard: {
  readonly preset: string;
  readonly line: { readonly flagged: { readonly reason: string } | null };
  readonly seeding: { readonly phase: string; readonly rows: number; readonly of: number };
}): readonly Finding[] {
  const { preset, line, seeding } = guard;
  const findings: Finding[] = [];
  if (line.flagged !== null) {
    findings.push({ code: 'line_flagged', detail: `The reason: ${line.flagged.reason}.` });
  }
  if (preset === 'off') {
    findings.push({ code: 'limits_off' });
  } else if (seeding.phase !== 'done') {
    findings.push({ code: 'history_unread', detail: `Read so far: ${seeding.rows} of ${seeding.of}.` });
  }
  return findings;
}

/** What the link to the controller means for health. */
export function controllerFindings(
  link:
    | { readonly state: 'off' }
    | { readonly state: 'linked' }
    | {
        readonly state: 'down';
        readonly since: Instant;
        readonly problem: {
          readonly kind: 'unreachable' | 'refused' | 'token';
          readonly reason: string;
        } | null;
      },
  now: Instant,
): readonly Finding[] {
  if (link.state !== 'down' || link.problem === null) {
    return [];
  }
  const { kind, reason } = link.problem;
  const detail = `The reason: ${reason}.`;
  switch (kind) {
    case 'token':
      return [{ code: 'controller_token_unusable', detail }];
    case 'refused':
      return [{ code: 'controller_refused', detail }];
    case 'unreachable':
      return now - link.since < LINK_BREAK_MS ? [] : [{ code: 'controller_unreachable', detail }];
    default:
      return kind satisfies never;
  }
}

/** What the webhooks mean for health; the lists hold their ids. */
export function webhookFindings(webhooks: {
  readonly disabled: readonly string[];
  readonly failing: readonly string[];
}): readonly Finding[] {
  const about = (code: 'webhook_disabled' | 'webhook_failing', ids: readonly string[]): Finding[] =>
    ids.length === 0 ? [] : [{ code, detail: `Now: ${ids.join(', ')}.` }];
  return [...about('webhook_disabled', webhooks.disabled), ...about('webhook_failing', webhooks.failing)];
}

const PAUSES = {
  operator: 'A person paused it.',
  unknown_outcomes: 'Several texts in a row left no row that proves them.',
  failures: 'Messages failed with several texts in a row.',
} as const;

function databaseFinding(code: string | null): Finding {
  switch (code) {
    case 'messages_db_missing':
      return { code: 'chat_db_missing' };
    case 'messages_db_unreadable':
      return { code: 'chat_db_unreadable' };
    case 'messages_db_locked':
      return { code: 'chat_db_locked' };
    case 'messages_db_invalid':
      return { code: 'chat_db_invalid' };
    case 'reader_silent':
      return {
        code: 'capture_stopped',
        detail: 'Its reading process does not answer, and is started again.',
      };
    case null:
    default:
      return { code: 'capture_stopped', detail: `The reader reports ${code ?? 'no reason'}.` };
  }
}

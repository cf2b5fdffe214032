import { instant, type Instant } from '../domain/index.ts';
import type { Facts } from './facts.ts';
import type { Limits } from './limits.ts';
import { RULE_CODES, rulesFor, type Rules } from './rules/all-rules.ts';
import type { Rule } from './rules/rule.ts';
import type { Finding, RuleCode, RuleVerdict, Send, Stage, Verdict } from './send.ts';

/** Slots that several caps free one after another are looked for at most so often. */
const TRIES = 6;

export interface Question {
  readonly send: Send;
  readonly stage: Stage;
  readonly limits: Limits;
  /** The ledger for this send at a moment; asked for later ones where a slot is sought. */
  readonly factsAt: (at: Instant) => Facts;
  readonly at: Instant;
}

/** What every rule says of a send, in the order in which a refusal is named. */
export function verdictsOf(question: Question, facts: Facts): readonly RuleVerdict[] {
  const rules = rulesFor(question.limits.rules);
  return [pausedVerdict(facts), ...RULE_CODES.map((code) => verdictOf(rules, code, question, facts))];
}

/**
 * The rules' verdicts as one. A stop refuses; else the cap that frees its slot last refuses, or with
 * `on_limit: queue` defers; else the longest pace defers.
 */
export function combine(question: Question, facts: Facts, verdicts: readonly RuleVerdict[]): Verdict {
  const { send, limits } = question;
  const common = {
    limits: limits.version,
    standing: facts.standing,
    warnings: verdicts.flatMap(({ code, finding }) =>
      finding.outcome === 'warn' ? [{ rule: code, message: finding.message }] : [],
    ),
  };
  for (const { code, finding } of verdicts) {
    if (finding.outcome === 'stop') {
      const { numbers, cure } = finding;
      return { ...common, kind: 'refuse', rule: code, by: 'stop', numbers, retryAt: null, cure };
    }
  }
  const full = fullest(verdicts);
  const free = full === null ? null : freeAt(question, full.finding.retryAt);
  if (full !== null && (send.onLimit === 'reject' || free === null)) {
    const { numbers, cure } = full.finding;
    return { ...common, kind: 'refuse', rule: full.code, by: 'cap', numbers, retryAt: free, cure };
  }
  let until = free;
  let by: { readonly rule: string; readonly numbers: Finding['numbers'] } | null =
    full === null ? null : { rule: full.code, numbers: full.finding.numbers };
  for (const { code, finding } of verdicts) {
    if (finding.outcome === 'defer' && (until === null || finding.until > until)) {
      until = finding.until;
      by = { rule: code, numbers: finding.numbers };
    }
  }
  return until === null || by === null
    ? { ...common, kind: 'allow' }
    : { ...common, kind: 'defer', until, ...by };
}

function verdictOf<C extends RuleCode>(
  rules: Rules,
  code: C,
  { send, stage, limits }: Question,
  facts: Facts,
): RuleVerdict & { readonly rule: C } {
  const rule: Rule<C> = rules[code];
  const numbers = limits.rules[code];
  const named = { rule: code, code: rule.refusalCode ?? code };
  // A flag is an order, not a number: it holds under every preset.
  if (!numbers.enabled && code !== 'line_flagged') {
    return { ...named, finding: { outcome: 'off' } };
  }
  const isFree = facts.standing === 'reply' || stage === 'continue';
  return isFree && !rule.bindsReplies
    ? { ...named, finding: { outcome: 'exempt' } }
    : { ...named, finding: rule.judge(send, numbers, facts) };
}

function pausedVerdict(facts: Facts): RuleVerdict {
  return {
    rule: 'line_paused',
    code: 'line_paused',
    finding:
      facts.line.state === 'paused'
        ? { outcome: 'stop', numbers: null, cure: 'resume_line' }
        : { outcome: 'pass', numbers: null },
  };
}

interface Full {
  readonly code: string;
  readonly finding: Extract<Finding, { outcome: 'full' }>;
}

/** The cap that needs the longest; one that no time frees before all others. */
function fullest(verdicts: readonly RuleVerdict[]): Full | null {
  let most: Full | null = null;
  for (const { code, finding } of verdicts) {
    if (finding.outcome === 'full' && (most === null || retryOf(finding) > retryOf(most.finding))) {
      most = { code, finding };
    }
  }
  return most;
}

function retryOf(finding: Full['finding']): number {
  return finding.retryAt ?? Number.POSITIVE_INFINITY;
}

/** The first of these moments at which no cap is full: at one cap's slot another may have none. */
function freeAt(question: Question, first: Instant | null): Instant | null {
  let moment = first;
  for (let tries = 0; tries < TRIES && moment !== null; tries += 1) {
    const facts = question.factsAt(moment);
    const next = fullest(verdictsOf({ ...question, at: moment }, facts));
    if (next === null) {
      return moment;
    }
    const { retryAt } = next.finding;
    moment = retryAt === null ? null : instant(Math.max(retryAt, moment + 1));
  }
  return moment;
}

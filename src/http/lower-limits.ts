import type { LoweredRules } from '../contract/index.ts';
import { HttpError } from './errors.ts';
import type { GuardPort } from './guard-port.ts';
import { sendableLine } from './line-access.ts';
import type { Grant, MessagesPort } from './ports.ts';

const REASONS = {
  unknown_rule: 'There is no such rule.',
  unknown_number: 'The rule has no such number that could be lowered from outside.',
  not_allowed: 'The rule does not take such a number.',
  rule_off: 'The rule is off. Give `enabled: true` besides to switch it on.',
} as const;

/**
 * Limits belong to the account: a key that is limited to lines must have the one that sends.
 * @throws HttpError `line_not_accessible`, `line_not_found`
 */
export function mayOrderLimits(grant: Grant, messages: MessagesPort): void {
  if (grant.lines !== null) {
    sendableLine(undefined, messages.lines(), grant);
  }
}

/**
 * Makes limits stricter.
 * @throws HttpError `limit_not_lower`, `invalid_parameter_value`, and what `mayOrderLimits` throws
 */
export function lowerLimits(
  rules: LoweredRules,
  grant: Grant,
  deps: { readonly guard: GuardPort; readonly messages: MessagesPort },
): void {
  mayOrderLimits(grant, deps.messages);
  const { guard } = deps;
  const result = guard.lower(rules);
  if (result.outcome === 'lowered') {
    return;
  }
  const { reason, rule, number, holds } = result;
  const param = ['rules', rule, ...(number === null ? [] : [number])].join('.');
  throw reason === 'would_raise'
    ? new HttpError('limit_not_lower', {
        param,
        message: `Limits can be lowered this way, never raised: \`${param}\` is ${holds ?? 'off'} now. Nothing was changed.`,
      })
    : new HttpError('invalid_parameter_value', { param, message: REASONS[reason] });
}

import { z } from 'zod';
import type { Instant, LimitHit } from '../../domain/index.ts';
import { instantField } from '../fields.ts';
import { limitHitSchema, limitWarningSchema, toWireLimitHit } from './limit-hit.ts';

export const standingField = z.enum(['reply', 'reach_out', 'new_conversation']).meta({
  description:
    '`reply`: within 24 h of the contact’s last message. `new_conversation`: the first send ever to a contact who never wrote. `reach_out`: every other.',
});

export const cureField = z
  .enum([
    'contact_writes',
    'contact_writes_start',
    'resume_line',
    'clear_flag',
    'remove_link_or_file',
    'give_opt_in',
    'fewer_messages',
  ])
  .meta({ description: 'What ends a refusal that time alone does not end.' });

const ruleVerdictSchema = z
  .object({
    rule: z.string(),
    code: z.string().meta({ description: 'What a refusal by it is called.' }),
    outcome: z.enum(['pass', 'warn', 'defer', 'full', 'stop', 'off', 'exempt']).meta({
      description:
        '`defer`: a pace. `full`: a cap. `stop`: waiting does not help. `exempt`: it does not bind a reply.',
    }),
    used: z.number().optional(),
    limit: z.number().optional(),
    window_seconds: z.number().optional(),
    until: instantField.optional(),
    retry_at: instantField.optional(),
    cure: cureField.optional(),
    message: z.string().optional(),
  })
  .meta({ id: 'RuleVerdict' });

export const checkSchema = z
  .object({
    verdict: z.enum(['allow', 'defer', 'refuse']),
    standing: standingField,
    code: z.string().optional().meta({ description: 'The rule that defers or refuses.' }),
    limit: limitHitSchema.optional(),
    not_before: instantField.optional().meta({ description: '`defer`: when it would go.' }),
    retry_at: instantField.optional().meta({ description: '`refuse`: when it would pass.' }),
    cure: cureField.optional(),
    version: z.string().meta({ description: 'The numbers that it was judged by.' }),
    warnings: z.array(limitWarningSchema),
    rules: z
      .array(ruleVerdictSchema)
      .meta({ description: 'Every rule by itself, in the order of refusals.' }),
  })
  .meta({ id: 'Check', description: 'What the rules would say of a send. Nothing was accepted or counted.' });

type Cure = z.infer<typeof cureField>;
interface Numbers {
  readonly used: number;
  readonly limit: number;
  readonly windowSeconds: number | null;
}

/** The guard's word on a send. */
export type VerdictFacts = {
  readonly limits: string;
  readonly standing: z.infer<typeof standingField>;
  readonly warnings: readonly { readonly rule: string; readonly message: string }[];
} & (
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'defer';
      readonly rule: string;
      readonly until: Instant;
      readonly numbers: Numbers | null;
    }
  | {
      readonly kind: 'refuse';
      readonly rule: string;
      readonly numbers: Numbers | null;
      readonly retryAt: Instant | null;
      readonly cure: Cure | null;
    }
);

/** One rule's own word. */
export interface RuleFacts {
  readonly rule: string;
  readonly code: string;
  readonly finding:
    | { readonly outcome: 'off' | 'exempt' }
    | { readonly outcome: 'pass'; readonly numbers: Numbers | null }
    | { readonly outcome: 'warn'; readonly numbers: Numbers | null; readonly message: string }
    | { readonly outcome: 'defer'; readonly numbers: Numbers | null; readonly until: Instant }
    | {
        readonly outcome: 'full';
        readonly numbers: Numbers;
        readonly retryAt: Instant | null;
        readonly cure: Cure | null;
      }
    | { readonly outcome: 'stop'; readonly numbers: Numbers | null; readonly cure: Cure };
}

export function toWireCheck(facts: {
  readonly verdict: VerdictFacts;
  readonly rules: readonly RuleFacts[];
}): z.infer<typeof checkSchema> {
  const { verdict, rules } = facts;
  return {
    ...toWireVerdict(verdict),
    standing: verdict.standing,
    version: verdict.limits,
    warnings: verdict.warnings.map((warning) => ({ ...warning })),
    rules: rules.map(toWireRule),
  };
}

/** What decides, without the rest. */
export function toWireVerdict(
  verdict: VerdictFacts,
): Pick<z.infer<typeof checkSchema>, 'verdict' | 'code' | 'limit' | 'not_before' | 'retry_at' | 'cure'> {
  switch (verdict.kind) {
    case 'allow':
      return { verdict: 'allow' };
    case 'defer':
      return {
        verdict: 'defer',
        code: verdict.rule,
        limit: toWireLimitHit(hitOf(verdict)),
        not_before: verdict.until,
      };
    case 'refuse':
      return {
        verdict: 'refuse',
        code: verdict.rule,
        limit: toWireLimitHit(hitOf(verdict)),
        retry_at: verdict.retryAt ?? undefined,
        cure: verdict.cure ?? undefined,
      };
    default:
      return verdict satisfies never;
  }
}

function hitOf({ rule, numbers }: { readonly rule: string; readonly numbers: Numbers | null }): LimitHit {
  return {
    rule,
    used: numbers?.used ?? null,
    limit: numbers?.limit ?? null,
    windowSeconds: numbers?.windowSeconds ?? null,
  };
}

function toWireRule({ rule, code, finding }: RuleFacts): z.infer<typeof ruleVerdictSchema> {
  const numbers = 'numbers' in finding ? finding.numbers : null;
  return {
    rule,
    code,
    outcome: finding.outcome,
    used: numbers?.used,
    limit: numbers?.limit,
    window_seconds: numbers?.windowSeconds ?? undefined,
    ...(finding.outcome === 'defer' ? { until: finding.until } : {}),
    ...(finding.outcome === 'warn' ? { message: finding.message } : {}),
    ...(finding.outcome === 'stop' ? { cure: finding.cure } : {}),
    ...(finding.outcome === 'full'
      ? { retry_at: finding.retryAt ?? undefined, cure: finding.cure ?? undefined }
      : {}),
  };
}

import type { WireError, WireOutboxItem } from '../contract/index.ts';

type Part = WireOutboxItem['parts'][number];

/** Proof that something will not reach its contact by this bridge, so that another way can be taken. */
export type CertainFailure =
  /** The bridge did not take it on. */
  | { readonly kind: 'refused'; readonly error: WireError['error'] }
  /** It never left for the bridge, and will not any more. */
  | { readonly kind: 'not_sent' }
  /** It was taken on and ended without reaching the contact: these parts of it. Others may have been sent. */
  | { readonly kind: 'failed'; readonly item: WireOutboxItem; readonly parts: readonly Part[] };

/** Where an item stands for whoever waits for its end. */
export type Verdict =
  | { readonly end: 'open' }
  /** Sent, or canceled by whoever asked for it. */
  | { readonly end: 'done' }
  /** Nobody can tell whether it was sent: there is no certain failure, and never will be. */
  | { readonly end: 'unknown' }
  | { readonly end: 'failed'; readonly failure: CertainFailure };

/** A contact who asked for no more messages is not to be reached another way either. */
const OPTED_OUT = 'recipient_opted_out';
const FAILED: ReadonlySet<Part['state']> = new Set(['failed', 'refused', 'expired']);
const SETTLED: ReadonlySet<Part['state']> = new Set([
  ...FAILED,
  'sent',
  'delivered',
  'read',
  'canceled',
] as const);

/** What an item's parts say together. One unknown part makes it all unknown: what failed may have gone with it. */
export function verdictOf(item: WireOutboxItem): Verdict {
  const isLost = (part: Part) => part.state === 'unknown' && part.error_detail?.is_final === true;
  if (!item.parts.every((part) => SETTLED.has(part.state) || isLost(part))) {
    return { end: 'open' };
  }
  if (item.parts.some(isLost)) {
    return { end: 'unknown' };
  }
  const parts = item.parts.filter((part) => FAILED.has(part.state) && part.error !== OPTED_OUT);
  return parts.length === 0 ? { end: 'done' } : { end: 'failed', failure: { kind: 'failed', item, parts } };
}

/**
 * What a refusal at the door means; `null` where it proves nothing. A key that is wrong or busy says nothing of the text,
 * and neither does a name that was given to another one: under it, it may have been taken on before.
 */
export function refusalOf(error: WireError['error']): CertainFailure | null {
  return CERTAIN_TYPES.has(error.type) && !UNCERTAIN_CODES.has(error.code)
    ? { kind: 'refused', error }
    : null;
}

const CERTAIN_TYPES: ReadonlySet<string> = new Set([
  'policy_error',
  'capability_error',
  'invalid_request_error',
]);
const UNCERTAIN_CODES: ReadonlySet<string> = new Set([
  OPTED_OUT,
  'idempotency_key_reused',
  'idempotency_keys_differ',
  'request_timeout',
]);

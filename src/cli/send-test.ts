import { randomBytes } from 'node:crypto';
import { outboxItemSchema, type WireOutboxItem } from '../contract/index.ts';
import { connectApi } from './api-client.ts';
import { CliError } from './failure.ts';
import { followItem } from './follow-item.ts';
import type { Session } from './session.ts';

/** The way of a text, and what reaching a rung proves. */
const RUNGS = [
  ['accepted', 'the daemon has stored it'],
  ['sending', 'the script has started'],
  ['dispatched', 'the script has ended without an error'],
  ['sent', 'its row stands in chat.db, sent and without an error'],
  ['delivered', "a receipt of the contact's device stands in the row"],
  ['read', 'a read receipt stands in the row'],
] as const;

/** Of these a contact's device decides, and a text message (SMS) never gets them. */
const OPTIONAL: ReadonlySet<string> = new Set(['delivered', 'read']);

/** How far a test text got, rung by rung. */
export interface Rung {
  readonly rung: (typeof RUNGS)[number][0];
  readonly status: 'ok' | 'warn' | 'fail';
  readonly evidence: string;
}

/** Sends one real text, the same way as any other, and follows it until it is read, fails, or the time is over. */
export async function sendTest(
  session: Session,
  to: string,
  options: { readonly forMs: number },
): Promise<readonly Rung[]> {
  const { clock } = session;
  const startedAt = clock.now();
  const name = randomBytes(4).toString('hex');
  const reached = new Map<string, number>();
  const api = connectApi(session);
  let end: WireOutboxItem;
  try {
    const accepted = await api.post({
      path: '/v1/messages',
      answer: outboxItemSchema,
      body: { to, text: `Blueline test ${name}` },
      headers: { 'idempotency-key': `doctor-${name}` },
    });
    reached.set('accepted', clock.now() - startedAt);
    const followed = await followItem(session, api, accepted, {
      forMs: options.forMs,
      untilRead: true,
      onStep: ({ state }) => reached.set(state, clock.now() - startedAt),
    });
    end = followed.data;
  } catch (error) {
    if (error instanceof CliError) {
      return [{ rung: 'accepted', status: 'fail', evidence: `${error.message} (${error.code})` }];
    }
    throw error;
  }
  return rungsOf(end, reached);
}

function rungsOf(end: WireOutboxItem, reached: ReadonlyMap<string, number>): readonly Rung[] {
  const last = RUNGS.findLastIndex(([rung]) => reached.has(rung));
  // What a row proves, the steps before it have led to, even where they were too quick to be seen.
  return RUNGS.map(([rung, proves], index): Rung => {
    if (index <= last) {
      const ms = reached.get(rung);
      return { rung, status: 'ok', evidence: `${proves}${ms === undefined ? '' : `, after ${ms} ms`}` };
    }
    const status = OPTIONAL.has(rung) && last >= SENT ? 'warn' : 'fail';
    return { rung, status, evidence: index === last + 1 ? `not reached: ${why(end)}` : 'not reached' };
  });
}

const SENT = RUNGS.findIndex(([rung]) => rung === 'sent');

function why(item: WireOutboxItem): string {
  const { state, error, error_detail: detail, not_before: notBefore } = item;
  const more = detail === undefined ? (error ?? '') : `${detail.message} (${detail.code})`;
  const waits =
    state === 'deferred' && notBefore !== undefined
      ? `, not before ${new Date(notBefore).toISOString()}`
      : '';
  return `it is ${state}${waits}${more === '' ? '' : `: ${more}`}`;
}

import { createHmac, randomBytes } from 'node:crypto';
import type { Instant } from '../domain/index.ts';
import type { Profile, Secrets } from './endpoint.ts';

const PREFIX = 'whsec_';
/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

/** A new signing secret: `whsec_` and base64. */
export function createSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Whether a text is a signing secret: `whsec_` and 24 to 64 bytes in base64. */
export function isSecret(text: string): boolean {
  const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/u.test(text)
    ? Buffer.from(text.slice(PREFIX.length), 'base64').length
    : 0;
  return bytes >= 24 && bytes <= 64;
}

/** Which of the secrets sign at a moment, the newest first. */
export function secretsAt({ current, previous }: Secrets, now: Instant): readonly string[] {
  return previous !== null && now < previous.until ? [current, previous.secret] : [current];
}

/**
 * The headers of a delivery. Those of Standard Webhooks 1.0.0 always: HMAC-SHA256 over `id.seconds.body`, in base64, one
 * signature for each secret. With `messages_dev` also Messages.dev's: HMAC-SHA256 over `ms.body` with the secret's own
 * text as the key, in hex. There is room for one signature only, so that attempts take turns while two secrets count.
 * @param attempt 0 for the first
 */
export function signedHeaders(delivery: {
  readonly profile: Profile;
  readonly secrets: readonly string[];
  readonly eventId: string;
  readonly deliveryId: string;
  readonly at: Instant;
  readonly body: string;
  readonly attempt: number;
}): Record<string, string> {
  const { secrets, eventId, at, body, attempt } = delivery;
  const seconds = Math.floor(at / 1000);
  const standard = {
    'webhook-id': eventId,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map((secret) => standardSignature(secret, eventId, seconds, body)).join(' '),
  };
  if (delivery.profile === 'standard') {
    return standard;
  }
  const secret = secrets[attempt % secrets.length] ?? '';
  return {
    ...standard,
    'x-webhook-signature': createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'),
    'x-webhook-timestamp': String(at),
    'x-webhook-delivery-id': delivery.deliveryId,
  };
}

function standardSignature(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}

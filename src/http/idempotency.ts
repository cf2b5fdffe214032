import { createHash } from 'node:crypto';
import { clientMessageIdSchema } from '../contract/index.ts';
import { HttpError } from './errors.ts';

/**
 * The name under which a request may be repeated: the header or the body's field, which mean the same.
 * @throws HttpError `idempotency_keys_differ`, `invalid_parameter_value`.
 */
export function idempotencyKeyOf(
  header: string | readonly string[] | undefined,
  clientMessageId: string | undefined,
): string | null {
  if (header === undefined) {
    return clientMessageId ?? null;
  }
  const parsed = clientMessageIdSchema.safeParse(header);
  if (!parsed.success) {
    throw new HttpError('invalid_parameter_value', {
      param: 'Idempotency-Key',
      message: 'Idempotency-Key must be given once, with 1 to 255 printable ASCII characters.',
    });
  }
  if (clientMessageId !== undefined && clientMessageId !== parsed.data) {
    throw new HttpError('idempotency_keys_differ', { param: 'client_message_id' });
  }
  return parsed.data;
}

/** SHA-256 of what a request asks for, without the name that it goes under; equal bodies in any key order are equal. */
export function requestHash(body: Readonly<Record<string, unknown>>): string {
  const { client_message_id: _name, ...asked } = body;
  return createHash('sha256').update(canonicalJson(asked), 'utf8').digest('hex');
}

/** JSON with the keys of every object in code-unit order, and what is `undefined` left out. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** What a key may do. The names of Messages.dev, and ours for what it does not have (`events`, `health`, `lines:write`). */
export const SCOPES = [
  'messages:read',
  'messages:write',
  'chats:read',
  'lines:read',
  'lines:write',
  'outbox:read',
  'events:read',
  'health:read',
  'reactions:read',
  'reactions:write',
  'typing:read',
  'typing:write',
  'receipts:read',
  'receipts:write',
  'webhooks:read',
  'webhooks:write',
  'files:read',
  'files:write',
] as const;

export type Scope = (typeof SCOPES)[number];

const KNOWN: ReadonlySet<string> = new Set(SCOPES);

export function isScope(value: string): value is Scope {
  return KNOWN.has(value);
}

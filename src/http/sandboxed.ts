import { canonicalHandle, type ChatKey, type Handle } from '../domain/index.ts';
import { HttpError } from './errors.ts';
import type { Grant, SandboxPort } from './ports.ts';

const DIRECT = 'direct:';

/**
 * Lets a sandbox key reach only a contact who is in the sandbox; every other key passes. A group holds people who never
 * texted the code.
 * @throws HttpError `sandbox_not_activated`
 */
export function requireActivated(
  grant: Grant,
  to:
    | { readonly to: 'handle'; readonly handle: Handle }
    | { readonly to: 'chat'; readonly chat: ChatKey | null },
  sandbox: SandboxPort,
): void {
  if (!grant.isSandbox) {
    return;
  }
  const contact = to.to === 'handle' ? to.handle : contactOf(to.chat);
  if (contact === null || !sandbox.isActivated(contact)) {
    throw new HttpError('sandbox_not_activated', { param: 'to' });
  }
}

/**
 * Accepts a command for a key; for a sandbox key it is one of the day's.
 * @throws HttpError `sandbox_quota_exceeded`, and what `accept` throws
 */
export async function withinQuota<T extends { readonly outcome: string }>(
  grant: Grant,
  now: number,
  sandbox: SandboxPort,
  accept: () => Promise<T>,
): Promise<T> {
  if (!grant.isSandbox) {
    return accept();
  }
  const place = sandbox.take();
  if (place.outcome === 'none_left') {
    throw new HttpError('sandbox_quota_exceeded', {
      retryAfter: Math.max(1, Math.ceil((place.resetsAt - now) / 1000)),
    });
  }
  let isAccepted = false;
  try {
    const result = await accept();
    isAccepted = result.outcome === 'accepted';
    return result;
  } finally {
    if (!isAccepted) {
      sandbox.giveBack();
    }
  }
}

function contactOf(chat: ChatKey | null): Handle | null {
  return chat?.startsWith(DIRECT) === true ? canonicalHandle(chat.slice(DIRECT.length)) : null;
}

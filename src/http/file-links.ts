import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createMeta, type Store } from '../store/index.ts';
import type { Instant } from '../domain/index.ts';

/** A link opens one file, for so long. */
const LINK_LIFE_MS = 10 * 60_000;
const SECRET_BYTES = 32;

/** Links that open one file without a key, for ten minutes. */
export interface FileLinks {
  /** Path and query of the link. */
  sign(fileId: string, now: Instant): string;
  isValid(
    link: { readonly fileId: string; readonly expires: string; readonly signature: string },
    now: Instant,
  ): boolean;
}

/** The secret is made at the first need and kept, so that a link outlives a restart. */
export function createFileLinks(store: Store): FileLinks {
  let kept: Buffer | null = null;
  const secret = (): Buffer => {
    kept ??= Buffer.from(
      createMeta(store).ensure('file_link_secret', () => randomBytes(SECRET_BYTES).toString('base64url')),
      'base64url',
    );
    return kept;
  };
  const signatureOf = (fileId: string, expires: string): Buffer =>
    createHmac('sha256', secret()).update(`blueline/file\0${fileId}\0${expires}`, 'utf8').digest();
  return {
    sign: (fileId, now) => {
      const expires = String(now + LINK_LIFE_MS);
      return `/v1/files/${fileId}?expires=${expires}&signature=${signatureOf(fileId, expires).toString('base64url')}`;
    },
    isValid: ({ fileId, expires, signature }, now) => {
      const given = Buffer.from(signature, 'base64url');
      const right = signatureOf(fileId, expires);
      return given.length === right.length && timingSafeEqual(given, right) && Number(expires) > now;
    },
  };
}

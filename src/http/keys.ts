import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { isScope, lineId, parseLineRef, SCOPES, type Scope } from '../contract/index.ts';
import { instant, type Instant } from '../domain/index.ts';
import { BluelineError, type Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { createFileLinks } from './file-links.ts';
import type { Grant, KeysPort } from './ports.ts';

/** A key as it is kept: never with its secret. */
export interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** `ln_…` ids; `null` is all lines. */
  readonly lines: readonly string[] | null;
  /** It sends only to contacts who texted the sandbox's code to the line. */
  readonly isSandbox: boolean;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
}

/** `key` is shown this once. */
export interface CreatedKey extends StoredKey {
  readonly key: string;
}

export interface Keys extends KeysPort {
  /**
   * Makes a key. Without `scopes` or `lines` it grants all; a line is its `ln_…` id or its address.
   * @throws BluelineError `key_name_invalid`, `key_scope_unknown`, `key_line_invalid`.
   */
  create(request: {
    readonly name: string;
    readonly scopes?: readonly string[] | null;
    readonly lines?: readonly string[] | null;
    readonly isSandbox?: boolean;
  }): CreatedKey;
  /** All keys, revoked ones too, oldest first. */
  list(): StoredKey[];
  /** Whether there was such a key that still counted. */
  revoke(id: string): boolean;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly hash: Buffer;
  readonly scopes: string;
  readonly lines: string | null;
  readonly sandbox: number;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

/** 32 random bytes in base64url are 43 characters. */
const KEY = /^blk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/u;
const NAME = /^\P{C}{1,100}$/u;
const words = z.array(z.string());

/**
 * The API keys in the store. A key is `blk_<id>_<secret>`; kept is the SHA-256 of the secret, which needs no salt and no
 * stretching because the secret is 256 random bits. Every call reads the store, so that a key made or revoked by
 * another process counts at once.
 */
export function createKeys(store: Store, clock: Clock): Keys {
  const { db } = store;
  const insert = db.prepare<[string, string, Buffer, string, string | null, number, number]>(
    'INSERT INTO api_keys (id, name, hash, scopes, lines, sandbox, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const byId = db.prepare<[string], Row>('SELECT * FROM api_keys WHERE id = ? AND revoked_at IS NULL');
  const all = db.prepare<[], Row>('SELECT * FROM api_keys ORDER BY created_at, id');
  // Another process that revokes a key writes to the store over a connection of its own.
  const othersVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  let revoked = 0;
  const markRevoked = db.prepare<[number, string]>(
    'UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
  );

  return {
    create: ({ name, scopes, lines, isSandbox = false }) => {
      if (!NAME.test(name)) {
        throw new BluelineError('key_name_invalid', 'A key needs a name of 1 to 100 printable characters.');
      }
      const id = randomBytes(8).toString('hex');
      const secret = randomBytes(32).toString('base64url');
      const stored: StoredKey = {
        id,
        name,
        scopes: scopes === undefined || scopes === null ? SCOPES : checkScopes(scopes),
        lines: lines === undefined || lines === null ? null : lines.map(toLineId),
        isSandbox,
        createdAt: clock.now(),
        revokedAt: null,
      };
      const keptLines = stored.lines === null ? null : JSON.stringify(stored.lines);
      insert.run(
        id,
        name,
        hashOf(secret),
        JSON.stringify(stored.scopes),
        keptLines,
        isSandbox ? 1 : 0,
        stored.createdAt,
      );
      return { ...stored, key: `blk_${id}_${secret}` };
    },
    verify: (presented) => {
      const match = KEY.exec(presented);
      if (match?.[1] === undefined || match[2] === undefined) {
        return null;
      }
      const row = byId.get(match[1]);
      const given = hashOf(match[2]);
      // An id that does not exist costs the same comparison as one that does.
      const isRight = timingSafeEqual(given, row?.hash ?? Buffer.alloc(given.length));
      return row !== undefined && isRight ? toGrant(row) : null;
    },
    stillValid: (keyId) => {
      const row = byId.get(keyId);
      return row === undefined ? null : toGrant(row);
    },
    version: () => `${othersVersion.get() ?? 0}:${revoked}`,
    list: () => all.all().map(toStored),
    revoke: (id) => {
      revoked += 1;
      return markRevoked.run(clock.now(), id).changes === 1;
    },
    fileLinks: createFileLinks(store),
  };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

function toGrant(row: Row): Grant {
  const { id, scopes, lines, isSandbox } = toStored(row);
  return { keyId: id, scopes, lines, isSandbox };
}

function toStored(row: Row): StoredKey {
  return {
    id: row.id,
    name: row.name,
    // A scope that a later version granted means nothing to this one.
    scopes: words.parse(JSON.parse(row.scopes)).filter(isScope),
    lines: row.lines === null ? null : words.parse(JSON.parse(row.lines)),
    isSandbox: row.sandbox === 1,
    createdAt: instant(row.created_at),
    revokedAt: row.revoked_at === null ? null : instant(row.revoked_at),
  };
}

function checkScopes(given: readonly string[]): Scope[] {
  const known = given.filter(isScope);
  if (known.length !== given.length || known.length === 0) {
    throw new BluelineError('key_scope_unknown', 'A scope is unknown, or none was given.', {
      advice: `Known scopes: ${SCOPES.join(', ')}.`,
    });
  }
  return [...new Set(known)];
}

function toLineId(text: string): string {
  const reference = parseLineRef(text);
  if (reference === null) {
    throw new BluelineError('key_line_invalid', 'A line is neither an id (ln_…) nor an address.', {
      advice:
        'Write a number in international form (+15551234567), an e-mail address, or the id of the line.',
    });
  }
  return reference.by === 'id' ? reference.id : lineId(reference.handle);
}

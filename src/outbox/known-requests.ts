import { commandId, type CommandId } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** An idempotency key answers with the stored command for so long. */
const IDEMPOTENCY_MS = 72 * 3_600_000;
/**
 * A keyless request is taken for the repetition of an equal one whose answer was cut off for so long: clients try again
 * within minutes, and after hours the same words may well be meant anew.
 */
const LOST_ANSWER_MS = 3_600_000;
/** How long a request waits to learn whether the answer to an equal one arrives: writing one takes milliseconds. */
const ANSWER_MS = 2_000;
/** So many written answers are remembered, in case the client turns out not to have read one. */
const WRITTEN_KEPT = 1_000;

/** How a request is known again. */
export interface RequestName {
  /** Whose idempotency keys they are. */
  readonly keyId: string;
  readonly idempotencyKey: string | null;
  /** Digest of the request's body: the same key with another body is refused. */
  readonly requestHash: string;
}

export interface KnownRequests {
  /** `isSame`: with an equal body. */
  find(request: RequestName): { readonly command: CommandId; readonly isSame: boolean } | null;
  /** Belongs in the transaction that stores the command. */
  add(request: RequestName, command: CommandId): void;
  /** How an answer ended. That one which was written did not arrive after all may be said later. */
  answered(command: CommandId, isWritten: boolean): void;
  /** Whether a key's name stands for an order that put nothing into the outbox: that one, or something else. */
  order(request: OrderName): 'same' | 'other' | null;
  /** Keeps the name of an order that was carried out. */
  addOrder(request: OrderName): void;
  /** Resolves once no answer to an equal request without a key is being written; soon, in any case. */
  settled(request: RequestName): Promise<void>;
}

interface UnderWay {
  readonly name: RequestName;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** An order that puts nothing into the outbox, such as a pause; its name is one of the same namespace. */
export interface OrderName extends RequestName {
  readonly idempotencyKey: string;
}

/** What stands in place of a command where there is none. */
const NO_COMMAND = '';

/** Which request made which command: by its key, or, without one, for as long as its answer may not have arrived. */
export function createKnownRequests({ db }: Store, clock: Clock): KnownRequests {
  const byKey = db.prepare<[string, string, number], { request_hash: string; command_id: string }>(
    'SELECT request_hash, command_id FROM idempotency WHERE key_id = ? AND key = ? AND created_at > ?',
  );
  const bind = db.prepare<[string, string, string, string, number]>(
    'INSERT OR REPLACE INTO idempotency (key_id, key, request_hash, command_id, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  const lost = db.prepare<[string, string, number], { command_id: string }>(
    `SELECT command_id FROM unanswered WHERE key_id = ? AND request_hash = ? AND created_at > ?
     ORDER BY created_at, command_id`,
  );
  const noteUnanswered = db.prepare<[string, string, string, number]>(
    'INSERT OR REPLACE INTO unanswered (command_id, key_id, request_hash, created_at) VALUES (?, ?, ?, ?)',
  );
  const forget = db.prepare<[string]>('DELETE FROM unanswered WHERE command_id = ?');
  const forgetOld = db.prepare<[number]>('DELETE FROM unanswered WHERE created_at <= ?');
  /** Their answers are being written right now: an equal request at the same time is another one. */
  const underWay = new Map<string, UnderWay>();
  /** Oldest first. */
  const written = new Map<string, RequestName>();
  /** How answers ended of which the store could not take note: without a request where one arrived. */
  const owed = new Map<string, RequestName | null>();

  const begin = (command: string, name: RequestName) => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    underWay.set(command, { name, ended, end });
  };
  const note = (command: string, missed: RequestName | null) => {
    if (missed === null) {
      forget.run(command);
    } else {
      noteUnanswered.run(command, missed.keyId, missed.requestHash, clock.now());
    }
    owed.delete(command);
  };
  /** Never throws: it is a connection that tells how its answer ended, and nobody is there to be told of a full disk. */
  const noteAll = () => {
    try {
      for (const [command, missed] of owed) {
        note(command, missed);
      }
    } catch {
      // Memory answers for it until the store can.
    }
  };
  const unansweredOf = ({ keyId, requestHash }: RequestName): readonly string[] => {
    const stored = lost
      .all(keyId, requestHash, clock.now() - LOST_ANSWER_MS)
      .map(({ command_id: id }) => id)
      .filter((id) => !owed.has(id));
    const others = [...owed].flatMap(([id, name]) =>
      name?.keyId === keyId && name.requestHash === requestHash ? [id] : [],
    );
    return [...stored, ...others];
  };
  const remember = (command: string, name: RequestName) => {
    written.set(command, name);
    const [oldest] = written.keys();
    if (written.size > WRITTEN_KEPT && oldest !== undefined) {
      written.delete(oldest);
    }
  };

  return {
    find: (request) => {
      const { keyId, idempotencyKey, requestHash } = request;
      if (idempotencyKey !== null) {
        const row = byKey.get(keyId, idempotencyKey, clock.now() - IDEMPOTENCY_MS);
        return row === undefined
          ? null
          : { command: commandId(row.command_id), isSame: row.request_hash === requestHash };
      }
      const id = unansweredOf(request).find((one) => !underWay.has(one));
      if (id === undefined) {
        return null;
      }
      begin(id, request);
      return { command: commandId(id), isSame: true };
    },
    add: (request, command) => {
      const { keyId, idempotencyKey, requestHash } = request;
      const now = clock.now();
      if (idempotencyKey !== null) {
        bind.run(keyId, idempotencyKey, requestHash, command, now);
        return;
      }
      forgetOld.run(now - LOST_ANSWER_MS);
      noteUnanswered.run(command, keyId, requestHash, now);
      begin(command, request);
    },
    order: ({ keyId, idempotencyKey, requestHash }) => {
      const row = byKey.get(keyId, idempotencyKey, clock.now() - IDEMPOTENCY_MS);
      if (row === undefined) {
        return null;
      }
      return row.command_id === NO_COMMAND && row.request_hash === requestHash ? 'same' : 'other';
    },
    addOrder: ({ keyId, idempotencyKey, requestHash }) =>
      void bind.run(keyId, idempotencyKey, requestHash, NO_COMMAND, clock.now()),
    answered: (command, isWritten) => {
      const name = underWay.get(command)?.name ?? written.get(command);
      underWay.get(command)?.end();
      underWay.delete(command);
      if (isWritten) {
        owed.set(command, null);
        if (name !== undefined) {
          remember(command, name);
        }
      } else if (written.delete(command) && name !== undefined) {
        owed.set(command, name);
      }
      noteAll();
    },
    settled: async ({ keyId, idempotencyKey, requestHash }) => {
      if (idempotencyKey !== null) {
        return;
      }
      const equal = [...underWay.values()].filter(
        ({ name }) => name.keyId === keyId && name.requestHash === requestHash,
      );
      if (equal.length === 0) {
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = clock.after(ANSWER_MS, resolve);
        void Promise.all(equal.map(({ ended }) => ended)).then(() => {
          timer.cancel();
          resolve();
        });
      });
    },
  };
}

import type { CaptureStore } from './capture/index.ts';
import { instant, rowId, type Instant, type RowId } from './domain/index.ts';
import type { Journal } from './events/index.ts';
import type { MessagesSource } from './messages-db/index.ts';
import type { Outbox } from './outbox/index.ts';
import { readOr, type Clock, type Logger } from './runtime/index.ts';
import {
  createMeta,
  mendStore,
  NEWS_FACT,
  openStore,
  parseNews,
  setAsideStores,
  type Meta,
  type Store,
  type StoreNews,
} from './store/index.ts';

/** How long what lies in the data folder is remembered, ms. */
const LOOK_EVERY_MS = 10_000;

export interface BridgeStore {
  readonly store: Store;
  readonly meta: Meta;
  /** When the store was last put back to an earlier state. */
  readonly restoredAt: Instant | null;
  /** Names of the stores in the data folder that another has taken the place of. */
  setAside(): readonly string[];
  /** Journals what follows from the store's having been replaced. Before anything is read or sent. */
  settle(parts: {
    readonly journal: Journal;
    readonly outbox: Pick<Outbox, 'disown'>;
    readonly captureStore: CaptureStore;
    readonly source: MessagesSource;
  }): void;
}

/**
 * The half of the composition root that is about the store's own fate. Only for who holds the data folder.
 * @throws BluelineError `store_unusable`, `store_damaged`, `store_too_new`
 */
export function openBridgeStore(folder: string, clock: Clock, log: Logger): BridgeStore {
  mendStore(folder, clock.now());
  const store = openStore(folder);
  const meta = createMeta(store);
  const news = parseNews(meta.get(NEWS_FACT));
  if (news !== null && !news.isSettled) {
    tell(news, log);
  }
  const restoredAt = meta.get('restored_at');
  let looked = { at: -Infinity, names: setAsideStores(folder) };
  return {
    store,
    meta,
    restoredAt: restoredAt === null ? null : instant(Number(restoredAt)),
    setAside: () => {
      const now = clock.now();
      if (Math.abs(now - looked.at) > LOOK_EVERY_MS) {
        looked = { at: now, names: setAsideStores(folder) };
      }
      return looked.names;
    },
    settle: ({ journal, outbox, captureStore, source }) => {
      if (news === null || news.isSettled) {
        return;
      }
      const cursor = captureStore.cursor();
      const last: RowId = cursor?.rowId ?? readOr(rowId(0), () => source.use((db) => db.lastRowId()));
      const disowned = journal.write((append) => {
        append({
          type: 'bridge.gap',
          reason: news.kind === 'rebuilt' ? 'store_rebuilt' : 'store_restored',
          lastRowId: last,
          since: cursor?.toldUpTo ?? null,
        });
        meta.set(NEWS_FACT, JSON.stringify({ ...news, isSettled: true }));
        return outbox.disown(append);
      });
      log.warn({ commands: disowned }, 'Commands that were open then have an unknown outcome now');
    },
  };
}

function tell({ kind, setAside, carried, lost }: StoreNews, log: Logger): void {
  if (kind === 'rebuilt') {
    log.error(
      { setAside, carried, lost },
      'The store was damaged: it was set aside, and a new one was made with what was still whole of it',
    );
  } else {
    log.warn({ setAside, carried, lost }, 'The store was restored from a backup; readers begin anew');
  }
}

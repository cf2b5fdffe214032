import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { eraseEvents } from './erase-events.ts';

const KIM = '+15550001111';
const ANN = '+15550002222';

let folder = '';
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-erase-'));
  store = openStore(folder);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const clock = new ManualClock(1_700_000_000_000);

function fill(count: number): void {
  const insert = store.db.prepare("INSERT INTO journal (type, line_id, at, body) VALUES (?, 'ln_1', 1, ?)");
  store.db.transaction(() => {
    for (let index = 1; index <= count; index += 1) {
      const sender = index % 2 === 0 ? KIM : ANN;
      // Long enough for pages of its own: they are free afterwards, and must hold nothing.
      const data = {
        sender,
        text: `said ${sender === KIM ? 'secretly' : `openly, of "${KIM}",`} ${index} `.repeat(200),
      };
      insert.run(
        'message.received',
        JSON.stringify({ id: `evt_${index}`, type: 'message.received', sequence: index, data }),
      );
    }
  })();
}

const rows = () =>
  store.db
    .prepare<[], { sequence: number; type: string; body: string }>('SELECT sequence, type, body FROM journal')
    .all();
const onDisk = () =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes('said secretly'));

it('leaves an event in its place, with nothing of what it said, in no page of the file', async () => {
  fill(100);
  expect(onDisk()).toBe(true);
  expect(await eraseEvents({ store, clock }, [KIM, 'cht_none'])).toBe(50);
  expect(rows().map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  const [first, second] = rows();
  expect(first?.type).toBe('message.received');
  expect(JSON.parse(second?.body ?? '')).toEqual({
    id: 'evt_2',
    type: 'event.erased',
    sequence: 2,
    data: { erased_type: 'message.received', erased_at: clock.now() },
  });
  expect(store.scrub()).toBe(true);
  store.close();
  expect(onDisk()).toBe(false);
  store = openStore(folder);
  // Nothing is left to do.
  expect(await eraseEvents({ store, clock }, [KIM])).toBe(0);
});

it('goes on where it was cut off', async () => {
  fill(2_500);
  let writes = 0;
  const failing: Store = {
    ...store,
    transaction: (work) => {
      writes += 1;
      if (writes > 1) {
        throw new Error('the process is killed here');
      }
      return store.transaction(work);
    },
  };
  await expect(eraseEvents({ store: failing, clock }, [KIM])).rejects.toThrow('killed');
  const half = rows().filter(({ type }) => type === 'event.erased').length;
  expect(half).toBeGreaterThan(0);
  expect(await eraseEvents({ store, clock }, [KIM])).toBe(1_250 - half);
  expect(rows().some(({ body }) => body.includes('secretly'))).toBe(false);
});

it('says that somebody else still reads what was replaced', async () => {
  fill(10);
  const reader = openStore(folder);
  reader.db.exec('BEGIN');
  reader.db.prepare('SELECT COUNT(*) FROM journal').get();
  await eraseEvents({ store, clock }, [KIM]);
  expect(store.scrub()).toBe(false);
  reader.db.exec('COMMIT');
  reader.close();
  expect(store.scrub()).toBe(true);
});

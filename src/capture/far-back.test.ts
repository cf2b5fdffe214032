import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { CaptureBench, until } from './test-capture.ts';

/** More rows than any window of recent rows holds. */
const ROWS = 1_500;
const DAY_MS = 86_400_000;

interface Row {
  readonly rowId: number;
  readonly guid: string;
}

/** Old rows, one for each kind of change, below hundreds of others. */
function fill(bench: CaptureBench): readonly Row[] {
  const { db, writer, chat } = bench;
  const old = Date.now() - 400 * DAY_MS;
  return db.transaction(() => {
    const rows = Array.from({ length: 16 }, (_, index) =>
      index % 2 === 0
        ? writer.insertIncoming({ chat, from: KIM, text: `theirs ${index}`, date: old + index * 1000 })
        : writer.insertOutgoing({ chat, text: `ours ${index}`, sent: index > 3, date: old + index * 1000 }),
    );
    for (let index = 0; index < ROWS; index += 1) {
      writer.insertIncoming({ chat, from: KIM, text: `n${index}`, date: old + DAY_MS + index * 60_000 });
    }
    return rows;
  })();
}

/** Each changes one row, and names the events that it must give. */
function changes(
  bench: CaptureBench,
  rows: readonly Row[],
): readonly (() => readonly (readonly [string, string])[])[] {
  const { db, writer } = bench;
  const at = (index: number): Row => rows[index] ?? { rowId: 0, guid: '' };
  const one = (index: number, type: string, change: (row: Row) => unknown) => () => {
    change(at(index));
    return [[type, at(index).guid] as const];
  };
  return [
    one(0, 'message.read', (row) => writer.ownerReads(row.rowId)),
    one(1, 'message.sent', (row) => writer.markSent(row.rowId)),
    one(3, 'message.failed', (row) => writer.fail(row.rowId, 22)),
    one(5, 'message.delivered', (row) => writer.markDelivered(row.rowId)),
    () => {
      db.transaction(() => {
        writer.markDelivered(at(7).rowId);
        writer.markRead(at(7).rowId);
      })();
      return [
        ['message.delivered', at(7).guid],
        ['message.read', at(7).guid],
      ];
    },
    one(2, 'message.edited', (row) => writer.edit(row.rowId, 'edited')),
    one(2, 'message.edited', (row) => writer.edit(row.rowId, 'edit.d')),
    one(4, 'message.unsent', (row) => writer.unsend(row.rowId)),
    one(6, 'message.deleted', (row) => writer.moveToRecentlyDeleted(row.rowId)),
    // In a group a trigger empties the row's own note of its room as well.
    one(14, 'message.deleted', (row) => {
      db.transaction(() => {
        writer.moveToRecentlyDeleted(row.rowId);
        db.prepare("UPDATE message SET cache_roomnames = 'chat123' WHERE ROWID = ?").run(row.rowId);
      })();
    }),
    one(8, 'message.deleted', (row) => writer.remove(row.rowId)),
    one(10, 'message.updated', (row) =>
      db
        .prepare('UPDATE message SET payload_data = ? WHERE ROWID = ?')
        .run(Buffer.alloc(9_000, 7), row.rowId),
    ),
    // What nobody is told of: it must give nothing.
    () => {
      db.prepare('UPDATE message SET ck_sync_state = 1, version = 3 WHERE ROWID = ?').run(at(12).rowId);
      return [];
    },
  ];
}

const sorted = (events: readonly (readonly [string, string | undefined])[]) =>
  events.map((event) => event.join(' ')).toSorted((a, b) => a.localeCompare(b));

describe.each(['wal', 'scan'] as const)('rows from years before, mode %s', (mode) => {
  let bench: CaptureBench;
  let rows: readonly Row[];

  beforeEach(async () => {
    bench = new CaptureBench(mode);
    rows = fill(bench);
    bench.start();
    await bench.reconciled();
  });
  afterEach(() => bench.end());

  it.runIf(mode === 'wal')('are told of at once, each change once', async () => {
    const expected: (readonly [string, string])[] = [];
    for (const change of changes(bench, rows)) {
      expected.push(...change());
      await until(() => expect(bench.told()).toEqual(expected));
    }
    const { guid } = bench.receive('the last');
    await until(() => expect(bench.told()).toEqual([...expected, ['message.received', guid]]));
    expect(bench.status()).toMatchObject({ mode: 'wal', figures: { reconcile: { surprises: 0 } } });
  });

  it('are told of after a restart, whatever changed while nobody looked', async () => {
    await bench.stop();
    const expected = changes(bench, rows).flatMap((change) => change());
    const { guid } = bench.receive('the last');
    bench.start();
    await bench.reconciled();
    const all = [...expected, ['message.received', guid] as const];
    await until(() => expect(sorted(bench.told())).toEqual(sorted(all)));
  });
});

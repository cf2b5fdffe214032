import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureBench, until } from './test-capture.ts';

describe.each(['wal', 'scan'] as const)('capture, mode %s', (mode) => {
  let bench: CaptureBench;
  let rowsBefore: readonly { readonly rowId: number; readonly guid: string }[];

  beforeEach(async () => {
    bench = new CaptureBench(mode);
    const { writer, chat } = bench;
    rowsBefore = [
      bench.receive('from before'),
      bench.receive('to be edited'),
      bench.receive('to be removed'),
      writer.insertOutgoing({ chat, text: 'to be delivered', sent: true }),
      bench.receive('to be put away'),
    ];
    bench.start();
    await bench.following();
  });
  afterEach(() => bench.end());

  const told = () => bench.events().map((event) => [event.type, event.data.text]);

  it('begins at the present and tells what comes', async () => {
    bench.receive('one');
    bench.receive('two');
    await until(() => expect(bench.texts()).toEqual(['one', 'two']));
    expect(bench.events()[0]?.type).toBe('message.received');
  });

  it('counts what is written while its reading process comes up as new', async () => {
    await bench.stop();
    bench.useFreshStore();
    bench.start();
    bench.receive('at once');
    await until(() => expect(bench.texts()).toEqual(['at once']));
  });

  it('goes on once the store can be read again, of which the reading process had asked for its prints', async () => {
    await bench.stop();
    bench.start();
    const { db } = bench.store;
    db.exec('ALTER TABLE capture_prints RENAME TO unreadable');
    bench.receive('while it could not');
    await until(() => expect(bench.errors.join('')).toContain('could not be read for the reading process'));
    db.exec('ALTER TABLE unreadable RENAME TO capture_prints');
    await until(() => expect(bench.texts()).toEqual(['while it could not']));
  });

  it('tells every step of a row of our side', async () => {
    const { rowId } = bench.writer.insertOutgoing({ chat: bench.chat, text: 'mine' });
    await until(() => expect(told()).toEqual([['message.created', 'mine']]));
    bench.writer.markSent(rowId);
    await until(() => expect(bench.events().at(-1)?.type).toBe('message.sent'));
    bench.db.transaction(() => {
      bench.writer.markDelivered(rowId);
      bench.writer.markRead(rowId);
    })();
    await until(() =>
      expect(
        bench
          .events()
          .map((event) => event.type)
          .slice(-2),
      ).toEqual(['message.delivered', 'message.read']),
    );
  });

  it('lets later rows pass one whose chat is late, and tells it once it is there', async () => {
    const late = bench.receive('late', { join: 'late' });
    bench.receive('on time');
    await until(() => expect(bench.texts()).toEqual(['on time']));
    bench.writer.joinLater(late.rowId);
    await until(() => expect(bench.texts()).toEqual(['on time', 'late']));
    expect(bench.events()[1]?.data.chat_resolved).toBe('join');
  });

  it('waits for a late body', async () => {
    const { rowId } = bench.receive('body', { body: 'late' });
    bench.receive('next');
    await until(() => expect(bench.texts()).toEqual(['next']));
    bench.writer.fillBody(rowId, 'body');
    await until(() => expect(bench.texts()).toEqual(['next', 'body']));
  });

  it('remembers across a restart what still waits, and tells nothing twice', async () => {
    const late = bench.receive('late', { join: 'late' });
    bench.receive('one');
    await until(() => expect(bench.texts()).toEqual(['one']));
    await bench.stop();
    bench.writer.joinLater(late.rowId);
    bench.receive('while down');
    bench.start();
    await until(() => expect(bench.texts()).toEqual(['one', 'late', 'while down']));
  });

  it('tells after a restart what changed while it was down', async () => {
    const { rowId } = bench.writer.insertOutgoing({ chat: bench.chat, text: 'mine' });
    await until(() => expect(bench.events()).toHaveLength(1));
    await bench.stop();
    bench.writer.markSent(rowId);
    bench.start();
    await until(() =>
      expect(bench.events().map((event) => event.type)).toEqual(['message.created', 'message.sent']),
    );
  });

  it('tells after a restart what became of rows from before the first start', async () => {
    await bench.reconciled();
    const [before] = rowsBefore;
    await bench.stop();
    bench.db.transaction(() => {
      bench.writer.ownerReads(before?.rowId ?? 0);
      bench.writer.edit(rowsBefore[1]?.rowId ?? 0, 'edited');
      bench.writer.remove(rowsBefore[2]?.rowId ?? 0);
      bench.writer.markDelivered(rowsBefore[3]?.rowId ?? 0);
      bench.writer.moveToRecentlyDeleted(rowsBefore[4]?.rowId ?? 0);
    })();
    bench.start();
    await until(() =>
      expect(bench.told()).toEqual(
        expect.arrayContaining([
          ['message.read', before?.guid],
          ['message.edited', rowsBefore[1]?.guid],
          ['message.deleted', rowsBefore[2]?.guid],
          ['message.delivered', rowsBefore[3]?.guid],
          ['message.deleted', rowsBefore[4]?.guid],
        ]),
      ),
    );
    await bench.reconciled();
    expect(bench.events()).toHaveLength(5);
  });

  it('tells edits, unsends and deletions', async () => {
    const { rowId } = bench.receive('first');
    await until(() => expect(bench.events()).toHaveLength(1));
    bench.writer.edit(rowId, 'second');
    await until(() => expect(told().at(-1)).toEqual(['message.edited', 'second']));
    bench.writer.unsend(rowId);
    await until(() => expect(bench.events().at(-1)?.type).toBe('message.unsent'));
    bench.writer.remove(rowId);
    await until(() => expect(bench.events().at(-1)?.type).toBe('message.deleted'));
    expect(bench.events()).toHaveLength(4);
  });

  it('takes a burst of 5,000 rows in one transaction whole and in order', async () => {
    bench.db.transaction(() => {
      for (let index = 0; index < 5_000; index += 1) {
        bench.receive(`n${index}`);
      }
    })();
    await until(() => expect(bench.texts()).toHaveLength(5_000));
    expect(bench.texts()).toEqual(Array.from({ length: 5_000 }, (_, index) => `n${index}`));
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { startTestMac, type TestMac } from './test-mac.ts';

const KIM = '+15550001001';
const SAM = '+15550001002';
let test: TestMac;
afterEach(() => test.close());

describe('a database that is replaced while a send is under way', () => {
  it.each([
    { moment: 'before its row', ms: 0, expectedRows: 1 },
    { moment: 'before its join', ms: 26, expectedRows: 0 },
    { moment: 'before it is sent', ms: 29, expectedRows: 0 },
    { moment: 'before it is delivered', ms: 126, expectedRows: 0 },
  ])('goes on $moment, and whoever was meant gets the text', async ({ ms, expectedRows }) => {
    test = await startTestMac({ people: { [KIM]: { reactsAfterMs: 100, answersAfterMs: 200 } } });
    // Another chat has the first ROWID afterwards: what remembers the old number would land in it.
    await test.run({ command: 'text', args: { from: KIM, text: 'hi' } });
    await test.ask(`group create chat12 ${KIM},${SAM} Crew`);
    await test.osascript('send-text', ['chat', 'any;+;chat12', '-', 'hello']);
    test.clock.advance(ms);
    await test.ask('replace-database');
    await test.run({ command: 'text', args: { from: SAM, text: 'first in the new one' } });
    test.clock.advance(60_000);
    const counts = new Map(test.mac.state().received.map(({ to, count }) => [to, count]));
    expect(counts).toEqual(
      new Map([
        [KIM, 1],
        [SAM, 1],
      ]),
    );
    expect(test.rows().filter((one) => one['is_from_me'] === 1)).toHaveLength(expectedRows);
    const chats = new Map(test.rows('chat').map((chat) => [chat['ROWID'], chat['chat_identifier']]));
    const places = test.rows('chat_message_join').map((join) => chats.get(join['chat_id']));
    expect(places.filter((place) => place !== 'chat12')).toEqual([SAM]);
  });

  it('keeps the row of a renumbered one', async () => {
    test = await startTestMac();
    await test.osascript('send-text', ['participant', KIM, 'iMessage', 'hello']);
    test.clock.advance(26);
    await test.ask('replace-database renumbered 500');
    test.clock.advance(60_000);
    expect(test.rows()[0]).toMatchObject({ ROWID: 500, is_delivered: 1 });
    expect(test.rows('chat_message_join')).toHaveLength(1);
  });
});

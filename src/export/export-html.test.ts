import { describe, expect, it } from 'vitest';
import { instant, messageGuid, type Message } from '../domain/index.ts';
import { KIM, message, pageOf, reacts, SAM, says, words } from './test-chat.ts';

const MINE = { isFromMe: true, sender: null } as const;

describe('a page of a chat', () => {
  it('stands by date, however the rows are numbered, with a line for each new day', async () => {
    const late = says(1, 'third', { sentAt: instant(Date.UTC(2026, 9, 6, 14)) });
    const page = await pageOf([
      late,
      says(2, 'first', { sentAt: instant(Date.UTC(2026, 9, 5, 14)) }),
      says(3, 'second', { sentAt: instant(Date.UTC(2026, 9, 6, 3, 59)) }),
    ]);
    // 03:59 in Greenwich is still the evening before in New York.
    expect(words(page)).toMatch(/October 5, 2026.*first.*second.*October 6, 2026.*third/u);
    expect(page.match(/class="day"/gu)).toHaveLength(2);
  });

  it('puts own bubbles on one side and those of others on the other, named once in a run', async () => {
    const page = await pageOf([
      says(1, 'a'),
      says(2, 'b'),
      says(3, 'c', MINE),
      says(4, 'd', { sender: SAM }),
    ]);
    expect([...page.matchAll(/<article class="([^"]*)"/gu)].map(([, names]) => names)).toEqual([
      'message in first',
      'message in last',
      'message out first last',
      'message in first last',
    ]);
    expect(page.match(/<h3 class="name c\d">/gu)).toHaveLength(2);
  });

  it('keeps a text exact: spaces, line breaks, emoji, right-to-left', async () => {
    const text = '\n  two  spaces\nمرحبا 👨‍👩‍👧 \u2184';
    expect(await pageOf([says(1, text)])).toContain(`<div class="bubble" dir="auto">${text}</div>`);
  });

  it('shows the last tapback of each person, counted, and none that was taken back', async () => {
    const page = await pageOf([
      says(1, 'hello', MINE),
      reacts(2, 1, { reaction: 'love' }),
      reacts(3, 1, { reaction: 'laugh' }),
      reacts(4, 1, { reaction: 'laugh' }, { sender: SAM }),
      reacts(5, 1, { reaction: 'emoji', emoji: '🤩' }, MINE),
      reacts(6, 1, { reaction: 'emoji', emoji: '🤩', action: 'remove' }, MINE),
    ]);
    expect(page).toContain(`<li title="${KIM}, ${SAM}">😂<span class="count">2</span></li></ul>`);
    expect(page).not.toContain('❤️');
    expect(page).not.toContain('🤩');
    expect(page.match(/<article/gu)).toHaveLength(1);
  });

  it('puts a tapback on the part that it was put on', async () => {
    const parts = ['one', 'two'].map((text, index) => ({ type: 'text' as const, index, text, runs: [] }));
    const page = await pageOf([message(1, { text: 'one\ntwo', parts }), reacts(2, 1, { part: 1 })]);
    expect(page).toMatch(/two<\/div><ul class="marks"/u);
    expect(page).not.toMatch(/one<\/div><ul class="marks"/u);
  });

  it('tells of a tapback whose message is not there', async () => {
    expect(words(await pageOf([says(1, 'hello'), reacts(2, 99)]))).toContain(
      'reacted with ❤️ to a message that is not here',
    );
  });

  it('quotes what is replied to, and leads there', async () => {
    const replyTo = { guid: messageGuid('GUID-1'), part: 0, start: 0, length: 5 };
    const page = await pageOf([says(1, 'When?', MINE), says(2, 'At six', { replyTo })]);
    expect(page).toContain('<a class="quote" href="#m1"><b>You</b><span dir="auto">When?</span></a>');
    expect(page).toContain('id="m1"');
    const gone = await pageOf([says(2, 'At six', { replyTo })]);
    expect(gone).toContain('<span class="quote gone">');
  });

  it('keeps what an edited message said before, folded away', async () => {
    const at = instant(Date.UTC(2026, 9, 5, 14));
    const revisions = [
      { at, text: 'See you at sx' },
      { at, text: null },
      { at, text: 'See you at six' },
    ];
    const page = await pageOf([
      says(1, 'See you at six', { editedAt: at, history: [{ part: 0, revisions }] }),
    ]);
    expect(words(page)).toContain(
      'See you at six Edited 2 times 10:00 AM See you at sx 10:00 AM could not be decoded',
    );
    expect(page).toContain('<details class="history"><summary>');
  });

  it('shows where something was unsent', async () => {
    const page = await pageOf([
      message(1, { isUnsent: true, unsentParts: [0], bodyStatus: 'none' }),
      message(2, {
        parts: [
          { type: 'unsent', index: 0 },
          { type: 'text', index: 1, text: 'left', runs: [] },
        ],
        text: 'left',
      }),
    ]);
    expect(words(page)).toMatch(/unsent a message .* unsent a part of this message left/u);
  });

  it('counts a poll by everybody’s last vote', async () => {
    const created = {
      action: 'created',
      poll: null,
      title: 'Where?',
      options: [
        { id: 'a', text: 'Here', creator: null },
        { id: 'b', text: 'There', creator: null },
      ],
    } as const;
    const vote = (row: number, option: string | null, fields: Partial<Message> = {}) =>
      message(row, {
        kind: {
          kind: 'poll',
          poll: {
            action: 'voted',
            poll: messageGuid('GUID-1'),
            votes: option === null ? [] : [{ option, voter: fields.sender ?? KIM }],
          },
        },
        ...fields,
      });
    const page = await pageOf([
      message(1, { kind: { kind: 'poll', poll: created } }),
      vote(2, 'a'),
      vote(3, 'b'),
      vote(4, 'a', { sender: SAM }),
      vote(5, null, { sender: SAM }),
    ]);
    expect(words(page)).toContain(`Poll Where? Here 0 There 1 ${KIM} 1 vote`);
  });

  it('leaves out the copies that iCloud writes again', async () => {
    const page = await pageOf([says(1, 'once'), says(2, 'once', { replayOf: messageGuid('GUID-1') })]);
    expect(page.match(/once/gu)).toHaveLength(1);
  });

  it('says what became of a message, and why it failed', async () => {
    const { delivery } = message(1, MINE);
    const page = await pageOf([
      says(1, 'a', { ...MINE, delivery: { ...delivery, isRead: true } }),
      says(2, 'b', { delivery }),
      says(3, 'c', { ...MINE, delivery: { ...delivery, isSent: false, error: 22, wasDowngraded: true } }),
    ]);
    expect(words(page)).toMatch(/ a .*Read.* b .* c .*Not delivered · Sent as text message/u);
    expect(page).toContain('not reachable on this service');
  });

  it('names what it cannot show', async () => {
    const page = await pageOf([
      message(1, {
        kind: { kind: 'unknown', itemType: 99, groupActionType: 0, associatedMessageType: 5000 },
      }),
      message(2, { bodyStatus: 'undecodable' }),
      message(3, { kind: { kind: 'app', bundleId: 'a:b:com.example.game', content: { type: 'missing' } } }),
    ]);
    expect(words(page)).toMatch(/\(99, 0, 5000\).*could not be decoded.*com\.example\.game/u);
  });
});

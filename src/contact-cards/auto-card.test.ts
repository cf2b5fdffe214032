import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aMessage, anInbound, KIM, UNSENT } from '../../test/support/message.ts';
import { chatKey, chatRef, commandId, messageGuid, type ChatKey, type Message } from '../domain/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createAutoCard, type AutoCard, type CardHandOver } from './auto-card.ts';

const HOUR = 3_600_000;
const CHAT = chatKey('direct', KIM);
let folder: string;
let store: Store;
let clock: ManualClock;
let sent: string[];
let answer: CardHandOver | Error;
let shared: ChatKey | null;
let hadExchange: boolean;
const running: AutoCard[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-auto-card-'));
  store = openStore(folder);
  clock = new ManualClock(1_700_000_000_000);
  [sent, answer, shared, hadExchange] = [[], 'sent', null, false];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((card) => card.stop()));
  store.close();
  rmSync(folder, { recursive: true });
});

function start(isOn = true): AutoCard {
  const card = createAutoCard({
    store,
    clock,
    log: createLogger('silent'),
    isOn,
    hadExchange: () => hadExchange,
    lastShare: (chat) => (chat === shared ? commandId('obx_1') : null),
    send: async (chat, name) => {
      expect(chat).toBe(CHAT);
      if (answer instanceof Error) {
        throw answer;
      }
      sent.push(name);
      return answer;
    },
  });
  running.push(card);
  card.start();
  return card;
}

const wrote = (card: AutoCard, fields: Partial<Message> = {}) =>
  card.project({ type: 'message.received', message: anInbound(fields), origin: null, isLate: false });
const answered = (card: AutoCard, fields: Partial<Message> = {}) =>
  card.project({
    type: 'message.sent',
    message: aMessage({ delivery: { ...UNSENT, isSent: true }, ...fields }),
    origin: { by: 'device' },
    isLate: false,
  });
/** Lets the loop take what is due. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
};
const cardsSent = async (count: number) => {
  await settle();
  await vi.waitFor(() => expect(sent).toHaveLength(count));
};

describe('the card after the first exchange', () => {
  it('goes out once they wrote and we answered, and never again', async () => {
    const card = start();
    answered(card);
    wrote(card);
    await settle();
    expect(sent).toEqual([]);
    answered(card);
    await cardsSent(1);
    wrote(card);
    answered(card);
    await card.stop();
    const again = start();
    wrote(again);
    answered(again);
    await settle();
    expect(sent).toEqual([`contact-card:${CHAT}`]);
  });

  it('does not go to groups, for old messages that came again, or where it is off', async () => {
    const card = start();
    const group = { chat: chatRef('group', 'chat1') };
    wrote(card, group);
    answered(card, group);
    wrote(card, { replayOf: messageGuid('old') });
    answered(card);
    const off = start(false);
    wrote(off);
    answered(off);
    await settle();
    expect(sent).toEqual([]);
  });

  it('is not for contacts with whom there was an exchange before', async () => {
    hadExchange = true;
    const card = start();
    wrote(card);
    hadExchange = false;
    wrote(card);
    answered(card);
    await settle();
    expect(sent).toEqual([]);
  });

  it('is not sent where a card went to the chat by hand', async () => {
    shared = CHAT;
    const card = start();
    wrote(card);
    answered(card);
    await settle();
    shared = null;
    answered(card);
    await settle();
    expect(sent).toEqual([]);
  });

  it('is tried again, under the same name, where it could not be handed over', async () => {
    answer = new Error('no room');
    const card = start();
    wrote(card);
    answered(card);
    await settle();
    answer = 'retry';
    clock.advance(60_000);
    await cardsSent(1);
    answer = 'sent';
    clock.advance(60_000);
    await cardsSent(2);
    clock.advance(HOUR);
    await settle();
    expect(sent).toEqual([`contact-card:${CHAT}`, `contact-card:${CHAT}`]);
  });

  it('follows a later message of ours where a rule is against it now', async () => {
    answer = 'refused';
    const card = start();
    wrote(card);
    answered(card);
    await cardsSent(1);
    clock.advance(HOUR);
    await settle();
    answer = 'sent';
    answered(card);
    await cardsSent(2);
    answered(card);
    await settle();
    expect(sent).toHaveLength(2);
  });

  it('is given up where a crash left it half handed over, and the outbox knows it no more', async () => {
    const state = (since: number) =>
      store.db
        .prepare('INSERT OR REPLACE INTO contact_card_offers VALUES (?, ?, ?)')
        .run(CHAT, 'sending', since);
    state(clock.now() - 70 * HOUR);
    start();
    await cardsSent(1);
    await running.splice(0)[0]?.stop();
    state(clock.now() - 72 * HOUR);
    start();
    await settle();
    expect(sent).toHaveLength(1);
  });
});

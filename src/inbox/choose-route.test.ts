import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatKey, handle, type ServiceChoice, type Target } from '../domain/index.ts';
import { openMessagesDb, type MessagesDb } from '../messages-db/index.ts';
import { ChatDbWriter, createChatDb, type Era } from '../simulator/index.ts';
import { chooseRoute, type KnownAccount } from './choose-route.ts';

const KIM = '+15550001111';
const OWN = '5B4D0A4C-9E0F-4C53-8E5C-0B1D7A6E2F31';
const ACCOUNTS: readonly KnownAccount[] = [
  { id: 'OTHER', serviceType: 'iMessage', enabled: true },
  { id: OWN, serviceType: 'iMessage', enabled: true },
  { id: 'OFF', serviceType: 'SMS', enabled: false },
  { id: 'PHONE', serviceType: 'SMS', enabled: true },
];

let folder: string;
let db: Database.Database;
let writer: ChatDbWriter;
let reader: MessagesDb;
let now = Date.UTC(2026, 10, 20, 12);

function begin(era: Era): void {
  db = createChatDb(join(folder, 'chat.db'), era);
  writer = new ChatDbWriter(db, { era, line: '+15559990000', now: () => (now += 1000) });
  reader = openMessagesDb(join(folder, 'chat.db'));
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-route-'));
  begin('26');
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const kim: Target = { to: 'handle', handle: handle(KIM) };
const route = (target: Target = kim, choice: ServiceChoice = 'auto', accounts = ACCOUNTS) =>
  chooseRoute(reader, target, choice, accounts);
const chat = (service = 'iMessage', who = KIM) =>
  writer.ensureChat({ style: 'direct', handle: who, service });
const hears = (service = 'iMessage') =>
  writer.insertIncoming({ chat: chat(service), from: KIM, text: 'hi', service });
const says = (service = 'iMessage') => writer.insertOutgoing({ chat: chat(service), text: 'hi', service });

describe('a chat that exists', () => {
  it('goes by its own guid, with the contact on its own account for the retry', () => {
    hears();
    expect(route()).toEqual({
      target: { form: 'chat', guid: `any;-;${KIM}` },
      service: 'iMessage',
      isKnown: true,
      retry: { form: 'participant', handle: KIM, service: OWN },
    });
  });

  it('goes by the service of the last row that worked', () => {
    hears('SMS');
    says('iMessage');
    expect(route()).toMatchObject({ service: 'SMS', isKnown: true, retry: { service: 'PHONE' } });
    writer.fail(says('iMessage').rowId, 22);
    const downgraded = says('SMS').rowId;
    writer.downgrade(downgraded);
    writer.markSent(downgraded);
    expect(route()).toMatchObject({ service: 'SMS', isKnown: true });
    writer.markSent(says('iMessage').rowId);
    expect(route()).toMatchObject({ service: 'iMessage', isKnown: true });
  });

  it('is known by nothing but its own word while nothing has gone', () => {
    writer.fail(says().rowId, 22);
    expect(route()).toMatchObject({ service: 'iMessage', isKnown: false });
  });

  it.each<[ServiceChoice, object]>([
    ['imessage', { target: { form: 'chat', guid: `any;-;${KIM}` }, service: 'iMessage' }],
    [
      'sms',
      { target: { form: 'participant', handle: KIM, service: 'PHONE' }, service: 'SMS', isKnown: false },
    ],
    ['rcs', { target: { form: 'participant', handle: KIM, service: 'RCS' }, service: 'RCS' }],
  ])('goes to the contact where its guid does not lead to %s', (choice, expected) => {
    hears();
    expect(route(kim, choice)).toMatchObject(expected);
  });

  it('is chosen by its service up to macOS 15, where each has one', () => {
    reader.close();
    db.close();
    rmSync(join(folder, 'chat.db'));
    begin('15');
    hears('iMessage');
    hears('SMS');
    expect(route()).toMatchObject({ target: { guid: `SMS;-;${KIM}` }, service: 'SMS' });
    expect(route(kim, 'imessage')).toMatchObject({ target: { guid: `iMessage;-;${KIM}` } });
    expect(route(kim, 'sms')).toMatchObject({ target: { guid: `SMS;-;${KIM}` } });
  });
});

describe('a contact without a chat', () => {
  it('is the participant of an account', () => {
    expect(route()).toEqual({
      target: { form: 'participant', handle: KIM, service: 'OTHER' },
      service: 'iMessage',
      isKnown: false,
      retry: null,
    });
    expect(route(kim, 'auto', [])).toMatchObject({ target: { service: 'iMessage' } });
  });

  it('is tried where an address of theirs has been seen', () => {
    writer.ensureHandle(KIM, 'SMS');
    expect(route()).toMatchObject({ target: { service: 'PHONE' }, service: 'SMS' });
    writer.ensureHandle(KIM, 'iMessage');
    expect(route()).toMatchObject({ service: 'iMessage' });
  });

  it('gets no text message at an e-mail address', () => {
    const lee: Target = { to: 'handle', handle: handle('lee@example.com') };
    expect(route(lee, 'sms')).toMatchObject({ refused: { code: 'service_unavailable' } });
    expect(route(lee)).toMatchObject({ service: 'iMessage' });
  });
});

describe('a group', () => {
  const group: Target = { to: 'chat', chat: chatKey('group', 'chat42') };
  const make = () =>
    writer.ensureChat({ style: 'group', id: 'chat42', name: null, participants: [KIM, '+15550002222'] });

  it('goes by its chat alone', () => {
    make();
    expect(route(group)).toMatchObject({ target: { form: 'chat', guid: 'any;+;chat42' }, retry: null });
  });

  it('goes on no other service than its own', () => {
    make();
    expect(route(group, 'sms')).toMatchObject({ refused: { code: 'service_unavailable' } });
    expect(route(group, 'imessage')).toMatchObject({ target: { guid: 'any;+;chat42' } });
  });

  it('cannot be made', () => {
    expect(route(group)).toMatchObject({ refused: { code: 'chat_not_found' } });
    expect(route({ to: 'chat', chat: chatKey('direct', KIM) })).toMatchObject({
      refused: { code: 'chat_not_found' },
    });
  });
});

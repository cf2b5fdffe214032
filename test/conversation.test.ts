import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeHome, startBridge, type EventReader } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac } from './support/mac.ts';

const KIM = '+15550001111';
const until = (check: () => void | Promise<void>, timeout = 20_000) =>
  vi.waitFor(check, { timeout, interval: 20 });

describe.each(['13', '15', '26'] as const)('a conversation on macOS %s', (era) => {
  afterEach(cleanUp);

  it('is told and proved from end to end', async () => {
    const mac = await startMac({ era, timing: { readDelayMs: 200, deliveredDelayMs: 100, sentDelayMs: 50 } });
    const bridge = await startBridge({ home: makeHome(), database: mac.database, osascript: mac.osascript });
    const reader = bridge.stream();
    await until(() => expect(reader.frames.at(-1)?.['type']).toBe('caught_up'));

    await mac.command({ command: 'text', args: { from: KIM, text: 'Is the table free at 8?' } });
    await until(() => expect(typesOf(reader)).toContain('message.received'));

    const sent = await bridge.request('POST', '/v1/messages', {
      to: KIM,
      text: 'Yes — see you “then”!\nBye 👋',
    });
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ status: 'pending', state: 'queued' });
    await until(() => expect(typesOf(reader)).toContain('message.read'));

    await mac.command({ command: 'react', args: { contact: KIM, type: 'love' } });
    await mac.command({ command: 'edit', args: { contact: KIM, text: 'Is the table free at 9?' } });
    await mac.command({ command: 'phone', args: { to: KIM, text: 'typed on the phone' } });
    await mac.command({
      command: 'group',
      args: { action: 'create', group: 'chat100', name: 'Team', participants: [KIM, '+15550002222'] },
    });
    await mac.command({
      command: 'group-text',
      args: { group: 'chat100', from: KIM, text: 'hello group', joinAfterMs: 300 },
    });
    await until(() => expect(textsOf(reader, 'message.received')).toContain('hello group'));

    // On a busy machine a row moves on twice between two looks, or before its script has ended: steps in between may be
    // missing, but the order never changes.
    const life = ['queued', 'sending', 'dispatched', 'sent', 'delivered', 'read'];
    const states = statesOf(reader);
    expect(states).toEqual(life.filter((state) => states.includes(state)));
    expect(states).toEqual(expect.arrayContaining(['queued', 'sending', 'read']));
    const messageTypes = typesOf(reader).filter((type) => type.startsWith('message.'));
    expect(messageTypes).toEqual(
      expect.arrayContaining([
        'message.received',
        'message.sent',
        'message.delivered',
        'message.read',
        'message.edited',
      ]),
    );
    expect(typesOf(reader)).toContain('reaction.added');
    const own = reader
      .events()
      .filter((event) => event.data['is_from_me'] === true && event.type.startsWith('message.'));
    expect(own[0]?.data).toMatchObject({
      origin: 'bridge',
      outbox_id: sent.body['id'],
      chat_resolved: 'join',
    });
    expect(own.find((event) => event.data['text'] === 'typed on the phone')?.data).toMatchObject({
      origin: 'device',
    });
    const sequences = reader.events().map((event) => event.sequence);
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));

    const { received } = await mac.state();
    expect(received.filter((text) => text.to === KIM && text.text.startsWith('Yes'))).toMatchObject([
      { text: 'Yes — see you “then”!\nBye 👋', count: 1 },
    ]);
    const item = await bridge.request('GET', `/v1/outbox?id=${String(sent.body['id'])}`);
    expect(item.body).toMatchObject({ status: 'sent', state: 'read' });
    const messages = await bridge.request('GET', `/v1/messages?to=${encodeURIComponent(KIM)}`);
    expect(messages.body['data']).toMatchObject([
      { text: 'typed on the phone', is_from_me: true, origin: 'device' },
      { is_from_me: true, origin: 'bridge', outbox_id: sent.body['id'], state: 'read' },
      { text: 'Is the table free at 9?', is_from_me: false, state: 'received' },
    ]);
    const chats = await bridge.request('GET', '/v1/chats');
    expect(chats.body['data']).toMatchObject([{ is_group: true, name: 'Team' }, { identifier: KIM }]);
    const lines = await bridge.request('GET', '/v1/lines');
    expect(lines.body['data']).toMatchObject([
      { handle: '+15550009999', is_active: true, service: 'imessage' },
    ]);
  });
});

function typesOf(reader: EventReader): string[] {
  return reader.events().map((event) => event.type);
}

function textsOf(reader: EventReader, type: string): unknown[] {
  return reader.events().flatMap((event) => (event.type === type ? [event.data['text']] : []));
}

/** The states that commands went through, each once in a row. */
function statesOf(reader: EventReader): unknown[] {
  const states = reader
    .events()
    .flatMap((event) => (event.type === 'command.updated' ? [event.data['state']] : []));
  return states.filter((state, index) => state !== states[index - 1]);
}

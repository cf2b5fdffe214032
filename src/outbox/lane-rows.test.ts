import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anAttachment } from '../../test/support/message.ts';
import { chatKey, chatRef, instant, messageGuid, rowId, type Message } from '../domain/index.ts';
import { delivery, OutboxBench, row, SENT, TIMING } from './test-outbox.ts';

/** What rows make of commands: of several parts, of strange rows, of a failed iMessage. */
let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
  bench.outbox.start();
});
afterEach(() => bench.close());

describe('text and files', () => {
  const fileRow = (name: string, fields: Partial<Message> = {}) =>
    bench.see(null, {
      guid: messageGuid(name),
      attachments: [anAttachment({ filename: name, transferState: 3 })],
      ...fields,
    });
  const again = (message: Message, fields: Partial<Message>) => {
    bench.journal.write((append) => {
      for (const event of bench.outbox.observe({ ...message, ...fields }).events) {
        append(event);
      }
    });
  };

  it('go by a script each, one after the proof of the other', async () => {
    const id = await bench.accept('see', { files: ['cat', 'dog'] });
    await vi.waitFor(() => expect(bench.contents()).toEqual(['see']));
    bench.see('see', row('T', SENT));
    await vi.waitFor(() => expect(bench.contents()).toEqual(['see', `/staged/${id}/cat`]));
    const cat = fileRow('cat.png', SENT);
    await vi.waitFor(() => expect(bench.contents()).toHaveLength(3));
    fileRow('dog.png', SENT);
    await bench.reaches(id, 'sent');
    again(cat, delivery({ isSent: true, isDelivered: true }));
    expect(bench.get(id).parts.map(({ attempts: [attempt] }) => attempt?.state.name)).toEqual([
      'sent',
      'delivered',
      'sent',
    ]);
    await vi.waitFor(() => expect(bench.released).toEqual([id]));
  });

  it('fail with a file that did not leave, and keep the rest back', async () => {
    const id = await bench.accept(null, { files: ['cat', 'dog'] });
    await vi.waitFor(() => expect(bench.contents()).toHaveLength(1));
    bench.canProve = false;
    fileRow('cat.png', { attachments: [anAttachment({ filename: 'cat.png', transferState: 6 })] });
    bench.canProve = true;
    await bench.advance(1_000);
    expect(bench.state(id)).toMatchObject({ name: 'failed', failure: { code: 'transfer_failed' } });
    expect(bench.contents()).toHaveLength(1);
  });

  it('are followed up longer when the outcome of a file is unknown', async () => {
    const id = await bench.accept(null, { files: ['cat'] });
    await bench.becomesUnknown(id);
    await bench.advance(TIMING.fileFollowUpMs - 1_000);
    expect(bench.state(id)).toMatchObject({ final: false });
    await bench.advance(2_000);
    expect(bench.state(id)).toMatchObject({ final: true });
  });

  it('give back what was staged for a command that was not made', async () => {
    const files = ['cat'];
    const name = { idempotencyKey: 'key', requestHash: 'same' };
    const id = await bench.accept(null, { files, ...name });
    expect(await bench.accept(null, { files, ...name })).toBe(id);
    await vi.waitFor(() => expect(bench.released).toHaveLength(1));
    expect(bench.released).not.toContain(id);
  });
});

describe('a row', () => {
  it('that is a ghost fails the command', async () => {
    const target = { to: 'chat', chat: chatKey('group', 'chat42') } as const;
    const id = await bench.accept('to all', { target });
    await bench.becomesUnknown(id);
    bench.see(null, {
      chat: chatRef('group', 'chat42'),
      chatResolved: 'handle',
      bodyStatus: 'none',
      parts: [],
      service: 'SMS',
    });
    expect(bench.state(id)).toMatchObject({ name: 'failed', failure: { code: 'ghost_row' } });
  });

  it('with its text outweighs the ghost that it was taken for', async () => {
    const id = await bench.accept('hi');
    await bench.becomesUnknown(id);
    bench.see(null, { ...row('G'), chatResolved: 'handle', bodyStatus: 'none', parts: [], service: 'SMS' });
    expect(bench.state(id)).toMatchObject({ failure: { code: 'ghost_row' } });
    const message = bench.see('hi', row('R'));
    expect(bench.state(id).name).toBe('dispatched');
    bench.see('hi', { ...message, ...SENT });
    expect(bench.state(id).name).toBe('sent');
    expect(bench.contents()).toEqual(['hi']);
  });

  it('with its text, but made long after the ghost, is of somebody who sent it by hand', async () => {
    const id = await bench.accept('hi');
    await bench.becomesUnknown(id);
    bench.see(null, { ...row('G'), chatResolved: 'handle', bodyStatus: 'none', parts: [], service: 'SMS' });
    await bench.advance(60_000);
    bench.see('hi', row('R', SENT));
    expect(bench.state(id).name).toBe('failed');
  });

  it('that is a second ghost changes nothing', async () => {
    const id = await bench.accept('hi');
    await bench.becomesUnknown(id);
    const ghost = { chatResolved: 'handle', bodyStatus: 'none', parts: [], service: 'SMS' } as const;
    bench.see(null, { ...row('G'), ...ghost });
    bench.see(null, { ...row('H'), ...ghost });
    expect(bench.get(id).parts[0]?.attempts[0]?.proof?.guid).toBe('G');
    expect(bench.outbox.originOf(messageGuid('H'))).toEqual({ by: 'device' });
  });

  it('in another chat makes it misrouted, but only once no row came in the right one', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    const elsewhere = chatRef('group', 'chat9');
    bench.see('hi', row('E', { chat: elsewhere }));
    await bench.becomesUnknown(id);
    await bench.advance(TIMING.followUpMs);
    expect(bench.state(id)).toMatchObject({ name: 'failed', failure: { code: 'misrouted' } });
    expect(bench.get(id).parts[0]?.attempts[0]?.elsewhere).toMatchObject({ chat: elsewhere.key });
  });

  it('in another chat does not matter where the right one came', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    bench.see('hi', row('E', { chat: chatRef('group', 'chat9') }));
    bench.see('hi', row('R', SENT));
    expect(bench.state(id).name).toBe('sent');
  });

  it('that went away before it was sent leaves the outcome unknown, and that for good in the end', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    bench.see('hi', row('R'));
    await bench.advance(TIMING.proofWindowMs);
    expect(bench.state(id).name).toBe('dispatched');
    bench.rows.clear();
    await bench.advance(20_000);
    expect(bench.state(id)).toMatchObject({ name: 'unknown', cause: 'row_gone' });
    await bench.advance(TIMING.followUpMs);
    expect(bench.state(id)).toMatchObject({ name: 'unknown', final: true });
  });

  it('that moved on unseen is read again', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    const message = bench.see('hi', row('R'));
    bench.rows.set(message.guid, { ...message, ...SENT });
    await bench.advance(20_000);
    expect(bench.state(id).name).toBe('sent');
  });

  it('of a database that was replaced still proves what it proved', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    const message = bench.see('hi', row('R'));
    bench.outbox.forgetRows();
    bench.see('hi', { ...message, ...SENT });
    expect(bench.state(id).name).toBe('sent');
  });
});

describe('a row of a database that was replaced, seen only in the new one', () => {
  const FIRST = rowId(3);

  it('proves the command that was on its way, whatever its number is now', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    bench.outbox.forgetRows();
    bench.see('hi', { ...row('R', SENT), rowId: FIRST });
    expect(bench.state(id).name).toBe('sent');
  });

  it('proves one that had become unknown', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    const sentAt = bench.clock.now();
    await bench.becomesUnknown(id);
    bench.outbox.forgetRows();
    bench.see('hi', { ...row('R', SENT), rowId: FIRST, sentAt });
    expect(bench.state(id).name).toBe('sent');
  });

  it('proves nothing where it is older than the script, or has no date', async () => {
    const sentAt = bench.clock.now();
    await bench.advance(5_000);
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    bench.outbox.forgetRows();
    bench.see('hi', { ...row('OLD', SENT), rowId: FIRST, sentAt });
    bench.see('hi', { ...row('BLANK', SENT), rowId: FIRST, sentAt: instant(0) });
    expect(bench.state(id).name).toBe('dispatched');
  });

  it('does not count twice where an equal text follows', async () => {
    const first = await bench.accept('hi');
    await bench.reaches(first, 'dispatched');
    const message = bench.see('hi', row('R', SENT));
    const second = await bench.accept('hi');
    await bench.reaches(second, 'dispatched');
    bench.outbox.forgetRows();
    bench.see('hi', { ...message, rowId: FIRST });
    expect([bench.state(first).name, bench.state(second).name]).toEqual(['sent', 'dispatched']);
  });
});

describe('a text message in place of an iMessage', () => {
  const failedIMessage = async () => {
    const id = await bench.accept('hi', { fallback: 'sms' });
    await bench.reaches(id, 'dispatched');
    const message = bench.see('hi', row('I', delivery({ error: 22 })));
    await bench.settle();
    return { id, message };
  };

  it('follows once the error has stood, and proves the same command', async () => {
    const { id } = await failedIMessage();
    await bench.advance(59_000);
    expect([bench.state(id).name, bench.contents()]).toEqual(['dispatched', ['hi']]);
    await bench.advance(1_500);
    await vi.waitFor(() => expect(bench.sent.map(({ target }) => target)).toHaveLength(2));
    expect(bench.sent[1]?.target).toMatchObject({ form: 'participant', service: 'SMS' });
    bench.see('hi', row('S', { service: 'SMS', ...SENT }));
    await bench.reaches(id, 'sent');
    expect(bench.get(id).parts[0]?.attempts.map(({ service }) => service)).toEqual(['iMessage', 'SMS']);
  });

  it('does not follow where the row has moved on when it is read again', async () => {
    const { id, message } = await failedIMessage();
    bench.rows.set(message.guid, { ...message, ...SENT });
    await bench.advance(61_000);
    expect([bench.state(id).name, bench.contents()]).toEqual(['sent', ['hi']]);
  });

  it.each<[string, () => void]>([
    ['the row is gone', () => bench.rows.clear()],
    [
      'the Mac has no account for it',
      () => {
        bench.hasSms = false;
      },
    ],
  ])('does not follow where %s', async (_, prepare) => {
    const { id } = await failedIMessage();
    prepare();
    await bench.advance(61_000);
    expect(bench.state(id)).toMatchObject({ name: 'failed', failure: { apple: 22 } });
    expect(bench.contents()).toEqual(['hi']);
  });

  it('waits while Messages does not say whether it has an account', async () => {
    const { id } = await failedIMessage();
    bench.hasSms = null;
    await bench.advance(90_000);
    expect([bench.state(id).name, bench.contents()]).toEqual(['dispatched', ['hi']]);
    bench.hasSms = true;
    await bench.advance(1_000);
    expect(bench.contents()).toEqual(['hi', 'hi']);
  });

  it('survives a restart in between, once', async () => {
    const { id } = await failedIMessage();
    await bench.outbox.stop();
    bench.create().start();
    await bench.advance(61_000);
    expect(bench.contents()).toEqual(['hi', 'hi']);
    await bench.outbox.stop();
    bench.create().start();
    await bench.advance(61_000);
    expect(bench.contents()).toEqual(['hi', 'hi']);
    expect(bench.state(id).name).toBe('unknown');
  });

  it('is not waited for where nobody asked', async () => {
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    bench.see('hi', row('I', delivery({ error: 22 })));
    expect(bench.state(id)).toMatchObject({ name: 'failed', failure: { apple: 22 } });
  });
});

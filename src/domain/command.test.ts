import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCommand, aFile } from '../../test/support/message.ts';
import { isFinal, mayBeDeliveredTwice, type Command, type CommandState } from './command.ts';
import { step, type CommandInput } from './command-step.ts';
import type { ProofRow } from './command-row.ts';
import { chatKey, handle, instant, messageGuid, rowId } from './ids.ts';

const NOW = instant(1_000_000);
const LATER = instant(1_000_500);

const queued = aCommand('obx_1', {
  attempts: [],
  createdAt: NOW,
  updatedAt: NOW,
  expiresAt: instant(2_000_000),
});
const withFile = aCommand('obx_2', {
  expiresAt: instant(2_000_000),
  parts: [
    { content: { kind: 'text', text: 'see' }, attempts: [], fallbackAt: null },
    { content: aFile('a.png'), attempts: [], fallbackAt: null },
  ],
});
const withFallback = aCommand('obx_3', {
  attempts: [],
  expiresAt: instant(2_000_000),
  fallback: { service: 'SMS', afterMs: 60_000 },
});

const row = (fields: Partial<ProofRow> = {}, place = { part: 0, attempt: 0 }): CommandInput => ({
  type: 'row',
  place,
  row: {
    guid: messageGuid(`G${place.part}${place.attempt}`),
    rowId: rowId(7),
    service: 'iMessage',
    wasDowngraded: false,
    isSent: false,
    isDelivered: false,
    isRead: false,
    error: 0,
    isGhost: false,
    isTransferFailed: false,
    ...fields,
  },
});

function run(inputs: readonly CommandInput[], from: Command = queued, now = LATER): Command {
  return inputs.reduce((command, input) => step(command, input, now) ?? command, from);
}

const start = (part = 0): CommandInput => ({
  type: 'start',
  part,
  watermark: rowId(6),
  isKnown: false,
  service: 'iMessage',
});
const accepted = (part = 0): CommandInput => ({ type: 'accepted', part });
const lost = (part = 0): CommandInput => ({ type: 'uncertain', part, cause: 'no_row' });
const giveUp: CommandInput = { type: 'give_up', place: { part: 0, attempt: 0 } };
const refusal: CommandInput = {
  type: 'rejected',
  part: 0,
  failure: { code: 'send_rejected', message: '', apple: -1728 },
};

const HIT = { rule: 'burst_limit', used: 60, limit: 60, windowSeconds: 60 };

describe('the life of a command', () => {
  it('goes from queued to read, one proof at a time', () => {
    const inputs = [
      start(),
      accepted(),
      row(),
      row({ isSent: true }),
      row({ isSent: true, isDelivered: true }),
      row({ isRead: true }),
    ];
    const names = inputs.map((_, index) => run(inputs.slice(0, index + 1)).state.name);
    expect(names).toEqual(['sending', 'dispatched', 'dispatched', 'sent', 'delivered', 'read']);
  });

  it('remembers the row that proved it', () => {
    expect(run([start(), row()]).parts[0]?.attempts[0]?.proof).toMatchObject({ guid: 'G00', rowId: 7 });
  });

  it('is unknown when no row came, and never failed', () => {
    expect(run([start(), accepted(), lost()]).state).toMatchObject({
      name: 'unknown',
      cause: 'no_row',
      final: false,
    });
  });

  it('becomes sent from unknown when the row comes late', () => {
    expect(run([start(), lost(), row({ isSent: true })]).state.name).toBe('sent');
    expect(run([start(), lost(), giveUp, row({ isSent: true })]).state.name).toBe('sent');
  });

  it('waits again, not unknown, when a late row is there but not yet sent', () => {
    expect(run([start(), lost(), row()]).state.name).toBe('dispatched');
  });

  it('is final when the follow-up ends without a row', () => {
    const command = run([start(), lost(), giveUp]);
    expect(command.state).toMatchObject({ name: 'unknown', final: true });
    expect(isFinal(command)).toBe(true);
  });

  it("fails with Apple's number, and may still turn delivered", () => {
    const failed = run([start(), accepted(), row({ error: 22 })]);
    expect(failed.state).toMatchObject({ name: 'failed', failure: { code: 'message_failed', apple: 22 } });
    expect(run([row({ isSent: true, isDelivered: true })], failed).state.name).toBe('delivered');
  });

  it.each<[string, Partial<ProofRow>, string]>([
    ['a ghost', { isGhost: true }, 'ghost_row'],
    ['a transfer that failed', { isTransferFailed: true }, 'transfer_failed'],
    [
      'a transfer that failed though the row says sent',
      { isTransferFailed: true, isSent: true },
      'transfer_failed',
    ],
  ])('fails by %s', (_, fields, code) => {
    expect(run([start(), accepted(), row(fields)]).state).toMatchObject({
      name: 'failed',
      failure: { code },
    });
  });

  it('takes back that it was a ghost when the row gets its body and leaves', () => {
    expect(run([start(), row({ isGhost: true }), row({ isSent: true })]).state.name).toBe('sent');
  });

  it('believes a row more than a script that said it had failed', () => {
    expect(run([start(), row(), refusal]).state.name).toBe('sending');
    expect(run([start(), row(), { type: 'requeue', part: 0 }]).state.name).toBe('sending');
  });

  it('goes back to the queue only when certainly nothing was sent', () => {
    expect(run([start(), { type: 'requeue', part: 0 }])).toMatchObject({
      state: { name: 'queued' },
      parts: [{ attempts: [] }],
    });
    expect(run([start(), lost(), { type: 'requeue', part: 0 }]).state.name).toBe('unknown');
  });

  it('tells that it went out on another service than planned', () => {
    const proofOf = (fields: Partial<ProofRow>) => run([start(), row(fields)]).parts[0]?.attempts[0]?.proof;
    expect(proofOf({ service: 'SMS' })).toMatchObject({ service: 'SMS', isDowngraded: true });
    expect(proofOf({ wasDowngraded: true })?.isDowngraded).toBe(true);
    expect(proofOf({})?.isDowngraded).toBe(false);
  });

  it('is unknown again when its row went away before it was sent', () => {
    const gone: CommandInput = { type: 'row_gone', place: { part: 0, attempt: 0 } };
    expect(run([start(), accepted(), row(), gone]).state).toMatchObject({
      name: 'unknown',
      cause: 'row_gone',
    });
    expect(run([start(), accepted(), row({ isSent: true }), gone]).state.name).toBe('sent');
  });
});

describe('what has not been started', () => {
  it.each<[CommandInput, string]>([
    [{ type: 'expire' }, 'expired'],
    [{ type: 'cancel' }, 'canceled'],
    [{ type: 'refuse', refusal: { code: 'burst_limit', message: '', limit: HIT, retryAt: null } }, 'refused'],
    [{ type: 'defer', until: LATER, limit: HIT }, 'deferred'],
  ])('can be held back: %j', (input, name) => {
    expect(run([input]).state.name).toBe(name);
    expect(run([start(), input]).state.name).toBe('sending');
    expect(run([input, start()]).state.name).toBe(name);
  });

  it('waits for its time, or for the contact', () => {
    const later = aCommand('a', {
      attempts: [],
      hold: { name: 'deferred', reason: 'not_before', until: LATER },
    });
    expect(run([{ type: 'replied' }], later).state.name).toBe('deferred');
    expect(run([{ type: 'due' }, start()], later).state.name).toBe('sending');
    const reply = aCommand('a', {
      attempts: [],
      hold: { name: 'deferred', reason: 'after_reply', until: null },
    });
    expect(run([{ type: 'replied' }], reply)).toMatchObject({ state: { name: 'queued' }, isReply: true });
  });

  it('is asked about again when the contact writes while a limit puts it off', () => {
    const limited = run([{ type: 'defer', until: LATER, limit: HIT }]);
    expect(run([{ type: 'replied' }], limited)).toMatchObject({ state: { name: 'queued' }, isReply: true });
    const nextDay = instant(LATER + 86_400_000);
    const planned = { ...limited, notBefore: nextDay };
    expect(run([{ type: 'replied' }], planned)).toMatchObject({
      hold: { name: 'deferred', reason: 'not_before', until: nextDay },
      isReply: true,
    });
  });
});

describe('a command of several parts', () => {
  it('stands where its least advanced part does, and never steps back by that', () => {
    const inputs = [
      start(0),
      row({ isSent: true }),
      start(1),
      row({ isDelivered: true }),
      row({ isSent: true }, { part: 1, attempt: 0 }),
      row({ isDelivered: true }, { part: 1, attempt: 0 }),
    ];
    const names = inputs.map((_, index) => run(inputs.slice(0, index + 1), withFile).state.name);
    expect(names).toEqual(['queued', 'queued', 'sending', 'sending', 'sent', 'delivered']);
  });

  it('fails with any part, and does not send what was to follow', () => {
    const failed = run([start(0), row({ error: 25 })], withFile);
    expect(failed).toMatchObject({ state: { name: 'failed' }, hold: { name: 'canceled' } });
    expect(isFinal(failed)).toBe(true);
    expect(step(failed, start(1), LATER)).toBeNull();
  });

  it('goes on with the next part after one whose outcome is unknown', () => {
    const command = run(
      [start(0), lost(0), start(1), row({ isSent: true }, { part: 1, attempt: 0 })],
      withFile,
    );
    expect(command.state.name).toBe('unknown');
  });

  it('drops what is left of it when it is canceled', () => {
    const command = run([start(0), row({ isSent: true }), { type: 'cancel' }], withFile);
    expect(command.state.name).toBe('canceled');
    expect(step(command, start(1), LATER)).toBeNull();
    expect(isFinal(command)).toBe(true);
  });
});

describe('a text message after a failed iMessage', () => {
  const failed = run([start(), accepted(), row({ error: 22 })], withFallback, NOW);
  const sms: CommandInput = { type: 'start', part: 0, watermark: rowId(9), isKnown: false, service: 'SMS' };

  it('is announced by no failure, and starts only once the error has stood', () => {
    expect(failed).toMatchObject({ state: { name: 'dispatched' }, parts: [{ fallbackAt: NOW + 60_000 }] });
    expect(step(failed, sms, instant(NOW + 59_999))).toBeNull();
    const second = step(failed, sms, instant(NOW + 60_000));
    expect(second).toMatchObject({ state: { name: 'sending' }, parts: [{ fallbackAt: null }] });
    expect(second?.parts[0]?.attempts).toHaveLength(2);
  });

  it.each<[string, CommandInput[]]>([
    ['the row was sent after all', [row({ isSent: true })]],
    ['the row tries again', [row()]],
    ['the row fails for another reason', [row({ error: 4 })]],
    ['it is canceled', [{ type: 'cancel' }]],
    ['it expires', [{ type: 'expire' }]],
    ['the Mac has no account for it', [{ type: 'no_fallback', part: 0 }]],
  ])('does not follow where %s', (_, inputs) => {
    const command = run(inputs, failed);
    expect(step(command, sms, instant(NOW + 70_000))).toBeNull();
  });

  it.each<[string, Command, CommandInput[]]>([
    ['without being asked for', queued, [start(), row({ error: 22 })]],
    ['another error', withFallback, [start(), row({ error: 4 })]],
    ['an uncertain outcome', withFallback, [start(), lost()]],
    ['a ghost', withFallback, [start(), row({ isGhost: true, error: 22 })]],
    [
      'a text message',
      withFallback,
      [{ type: 'start', part: 0, watermark: rowId(6), isKnown: false, service: 'SMS' }, row({ error: 22 })],
    ],
  ])('never follows %s', (_, from, inputs) => {
    expect(run(inputs, from).parts[0]?.fallbackAt).toBeNull();
  });

  it.each<[string, Command['target']]>([
    ['a group', { to: 'chat', chat: chatKey('group', 'chat42') }],
    ['an e-mail address', { to: 'handle', handle: handle('kim@example.com') }],
  ])('never follows to %s', (_, target) => {
    const command = run([start(), row({ error: 22 })], { ...withFallback, target });
    expect([command.state.name, command.parts[0]?.fallbackAt]).toEqual(['failed', null]);
  });

  it('comes once, and its end is the end', () => {
    const second = run([sms, row({ error: 22 }, { part: 0, attempt: 1 })], failed, instant(NOW + 60_000));
    expect(second.state.name).toBe('failed');
    expect(isFinal(second)).toBe(true);
  });

  it('is told of when the first message went all the same', () => {
    const both = run([sms, row({ isDelivered: true })], failed, instant(NOW + 60_000));
    expect(both.state.name).toBe('delivered');
    expect(mayBeDeliveredTwice(both)).toBe(true);
    const rejected = run([sms, refusal, row({ isDelivered: true })], failed, instant(NOW + 60_000));
    expect(mayBeDeliveredTwice(rejected)).toBe(false);
  });
});

describe('an unknown outcome', () => {
  const unknown = run([start(), lost()]);

  it('can be decided by a person, and only while it is unknown', () => {
    expect(run([{ type: 'resolve', as: 'sent' }], unknown).state.name).toBe('sent');
    expect(run([{ type: 'resolve', as: 'not_sent' }], unknown).state).toMatchObject({
      name: 'failed',
      failure: { code: 'not_sent' },
    });
    expect(step(run([start(), row()]), { type: 'resolve', as: 'sent' }, LATER)).toBeNull();
  });

  it('is believed to its row rather than to the person', () => {
    const decided = run([{ type: 'resolve', as: 'not_sent' }], unknown);
    expect(run([row()], decided).state.name).toBe('dispatched');
    expect(run([row({ isSent: true })], decided).state.name).toBe('sent');
  });

  it('is misrouted once its follow-up ends with the same body in another chat', () => {
    const elsewhere: CommandInput = {
      type: 'elsewhere',
      place: { part: 0, attempt: 0 },
      where: { chat: chatKey('group', 'chat9'), guid: messageGuid('E') },
    };
    expect(run([elsewhere], unknown).state.name).toBe('unknown');
    const misrouted = run([elsewhere, giveUp], unknown);
    expect(misrouted.state).toMatchObject({ name: 'failed', failure: { code: 'misrouted' } });
    expect(run([row({ isSent: true })], misrouted).state.name).toBe('sent');
  });
});

it('never starts a second script after an attempt that may have sent something', () => {
  const flags = fc.record({
    isSent: fc.boolean(),
    isDelivered: fc.boolean(),
    isRead: fc.boolean(),
    isGhost: fc.boolean(),
    isTransferFailed: fc.boolean(),
    error: fc.constantFrom(0, 22, 25),
  });
  const place = fc.record({ part: fc.nat(1), attempt: fc.nat(1) });
  const input: fc.Arbitrary<CommandInput> = fc.oneof(
    fc.nat(1).map(start),
    fc.nat(1).map(accepted),
    fc.nat(1).map(lost),
    fc.nat(1).map((part): CommandInput => ({
      type: 'rejected',
      part,
      failure: { code: 'send_rejected', message: '', apple: null },
    })),
    place.map((where): CommandInput => ({ type: 'give_up', place: where })),
    place.map((where): CommandInput => ({ type: 'row_gone', place: where })),
    fc.constantFrom<CommandInput>(
      { type: 'expire' },
      { type: 'cancel' },
      { type: 'due' },
      { type: 'replied' },
      { type: 'resolve', as: 'sent' },
      { type: 'resolve', as: 'not_sent' },
    ),
    fc.tuple(flags, place).map(([fields, where]) => row(fields, where)),
  );
  fc.assert(
    fc.property(fc.constantFrom(queued, withFile), fc.array(input, { maxLength: 40 }), (from, inputs) => {
      let command = from;
      const starts = [0, 0];
      for (const next of inputs) {
        const after = step(command, next, LATER);
        if (next.type === 'start' && after !== null) {
          starts[next.part] = (starts[next.part] ?? 0) + 1;
        }
        for (const [index, part] of (after ?? command).parts.entries()) {
          const before = command.parts[index]?.attempts[0]?.state;
          const now = part.attempts[0]?.state;
          expect(before !== undefined && now !== undefined && isStepBack(before, now)).toBe(false);
        }
        command = after ?? command;
      }
      expect(Math.max(...starts)).toBeLessThanOrEqual(1);
    }),
  );
});

/** From read to delivered, or from anything proved to something that is not. */
function isStepBack(before: CommandState, after: CommandState): boolean {
  const proved = ['sent', 'delivered', 'read'];
  const rank = proved.indexOf(before.name);
  return rank >= 0 && proved.indexOf(after.name) < rank && after.name !== 'failed';
}

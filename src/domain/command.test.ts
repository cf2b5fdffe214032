import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinal, step, type Command, type CommandInput, type CommandState } from './command.ts';
import { commandId, handle, instant, messageGuid, rowId } from './ids.ts';

const NOW = instant(1_000_000);
const LATER = instant(1_000_500);

const queued: Command = {
  id: commandId('obx_1'),
  target: { to: 'handle', handle: handle('+15550001111') },
  text: 'hello',
  line: null,
  state: { name: 'queued' },
  createdAt: NOW,
  updatedAt: NOW,
  expiresAt: instant(2_000_000),
  proof: null,
  suspectedDuplicateOf: null,
};

const row = (
  fields: Partial<{ isSent: boolean; isDelivered: boolean; isRead: boolean; error: number }>,
): CommandInput => ({
  type: 'row',
  row: {
    guid: messageGuid('G'),
    rowId: rowId(7),
    isSent: false,
    isDelivered: false,
    isRead: false,
    error: 0,
    ...fields,
  },
});

function run(inputs: readonly CommandInput[], from: Command = queued): Command {
  return inputs.reduce((command, input) => step(command, input, LATER) ?? command, from);
}

const start: CommandInput = { type: 'start', watermark: rowId(6) };
const lost: CommandInput = { type: 'uncertain', cause: 'no_row' };

describe('the life of a command', () => {
  it('goes from queued to read, one proof at a time', () => {
    const inputs = [
      start,
      { type: 'accepted' } as const,
      row({}),
      row({ isSent: true }),
      row({ isSent: true, isDelivered: true }),
      row({ isRead: true }),
    ];
    const names = inputs.map((_, index) => run(inputs.slice(0, index + 1)).state.name);
    expect(names).toEqual(['sending', 'dispatched', 'dispatched', 'sent', 'delivered', 'read']);
  });

  it('remembers the row that proved it', () => {
    expect(run([start, row({})]).proof).toEqual({ guid: 'G', rowId: 7 });
  });

  it('is unknown when no row came, and never failed', () => {
    expect(run([start, { type: 'accepted' }, lost]).state).toMatchObject({
      name: 'unknown',
      cause: 'no_row',
      final: false,
    });
  });

  it('becomes sent from unknown when the row comes late', () => {
    expect(run([start, lost, row({ isSent: true })]).state.name).toBe('sent');
  });

  it('waits again, not unknown, when a late row is there but not yet sent', () => {
    expect(run([start, lost, row({})]).state.name).toBe('dispatched');
  });

  it('is final when the follow-up ends without a row', () => {
    const command = run([start, lost, { type: 'give_up' }]);
    expect(command.state).toMatchObject({ name: 'unknown', final: true });
    expect(isFinal(command.state)).toBe(true);
  });

  it("fails with Apple's number, and may still turn delivered", () => {
    const failed = run([start, { type: 'accepted' }, row({ error: 22 })]);
    expect(failed.state).toMatchObject({ name: 'failed', failure: { code: 'message_failed', apple: 22 } });
    expect(run([row({ isSent: true, isDelivered: true })], failed).state.name).toBe('delivered');
  });

  it('believes a row more than a script that said it had failed', () => {
    const failure = { code: 'send_rejected', message: '', apple: -1728 } as const;
    expect(run([start, row({}), { type: 'rejected', failure }]).state.name).toBe('sending');
    expect(run([start, row({}), { type: 'requeue' }]).state.name).toBe('sending');
  });

  it('goes back to the queue only when certainly nothing was sent', () => {
    expect(run([start, { type: 'requeue' }]).state.name).toBe('queued');
    expect(run([start, lost, { type: 'requeue' }]).state.name).toBe('unknown');
  });

  it('expires in the queue only', () => {
    expect(run([{ type: 'expire' }]).state.name).toBe('expired');
    expect(run([start, { type: 'expire' }]).state.name).toBe('sending');
  });

  it('never starts a second script after an attempt that may have sent something', () => {
    const input: fc.Arbitrary<CommandInput> = fc.oneof(
      fc.constant(start),
      fc.constant<CommandInput>({ type: 'accepted' }),
      fc.constant<CommandInput>({
        type: 'rejected',
        failure: { code: 'send_rejected', message: '', apple: null },
      }),
      fc.constant<CommandInput>(lost),
      fc.constant<CommandInput>({ type: 'give_up' }),
      fc.constant<CommandInput>({ type: 'expire' }),
      fc
        .record({
          isSent: fc.boolean(),
          isDelivered: fc.boolean(),
          isRead: fc.boolean(),
          error: fc.constantFrom(0, 22),
        })
        .map(row),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), (inputs) => {
        let command = queued;
        let starts = 0;
        for (const next of inputs) {
          const after = step(command, next, LATER);
          starts += next.type === 'start' && after !== null ? 1 : 0;
          expect(isStepBack(command.state, after?.state ?? command.state)).toBe(false);
          command = after ?? command;
        }
        expect(starts).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** From read to delivered, or from anything proved to something that is not. */
function isStepBack(before: CommandState, after: CommandState): boolean {
  const proved = ['sent', 'delivered', 'read'];
  const rank = proved.indexOf(before.name);
  return rank >= 0 && proved.indexOf(after.name) < rank && after.name !== 'failed';
}

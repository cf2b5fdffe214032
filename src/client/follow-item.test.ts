import { expect, it } from 'vitest';
import { aCommand, anAttempt } from '../../test/support/message.ts';
import { toWireOutboxItem } from '../contract/index.ts';
import { instant, type Attempt } from '../domain/index.ts';
import { followItem, ItemWatch } from './follow-item.ts';
import type { CertainFailure } from './outcome.ts';

const OPEN: Attempt['state'] = { name: 'sending' };
const FAILED: Attempt['state'] = {
  name: 'failed',
  at: instant(0),
  failure: { code: 'message_failed', message: '', apple: 4 },
};
const item = (state: Attempt['state']) =>
  toWireOutboxItem(aCommand('obx_1', { attempts: [anAttempt({ state })] }), 'r');

it('tells each of those who gave the same command that it failed, once', async () => {
  const watch = new ItemWatch();
  const told: [string, CertainFailure['kind']][] = [];
  const follow = (who: string) =>
    followItem({
      outcome: { type: 'command_result', command_id: 'c', result: 'duplicate', outbox: item(OPEN) },
      onCertainFailure: ({ kind }) => void told.push([who, kind]),
      watch: (id, listener) => watch.watch(id, listener),
      onProblem: (error) => expect.unreachable(String(error)),
    });
  await follow('first');
  await follow('second');
  watch.note('obx_1', item(OPEN));
  expect(told).toEqual([]);
  watch.note('obx_1', item(FAILED));
  watch.note('obx_1', item(FAILED));
  expect(told).toEqual([
    ['first', 'failed'],
    ['second', 'failed'],
  ]);
  await follow('late');
  expect(told.at(-1)).toEqual(['late', 'failed']);
});

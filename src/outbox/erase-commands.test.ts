import { expect, it } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { chatKey } from '../domain/index.ts';
import { OutboxBench, rejected } from './test-outbox.ts';

it('names the files of commands again that an earlier run erased, should it have been cut off before the files', async () => {
  const bench = new OutboxBench();
  bench.outcomes = [rejected('target_not_found', -1728)];
  bench.outbox.start();
  const id = await bench.accept(null, { files: ['file_1'] });
  await bench.reaches(id, 'failed');
  const chat = chatKey('direct', KIM);
  expect(bench.outbox.erase(chat)).toMatchObject({ erased: [id], over: [id], files: ['file_1'] });
  expect(bench.outbox.erase(chat)).toMatchObject({ erased: [], over: [id], files: ['file_1'] });
  await bench.close();
});

import { afterEach, describe, expect, it } from 'vitest';
import { startTestMac, type TestMac } from './test-mac.ts';

const KIM = '+15550001001';
const SAM = '+15550001002';
let test: TestMac;
afterEach(() => test.close());

describe('the command socket', () => {
  it('shows the inbox of one contact, and tells when a send has come to a step', async () => {
    test = await startTestMac();
    await test.ask('fault downgrade');
    await test.osascript('send-text', ['participant', KIM, 'iMessage', 'one']);
    test.clock.advance(60_000);
    await test.osascript('send-text', ['participant', SAM, 'iMessage', 'two']);
    const reached = test.run({ command: 'wait-for', args: { text: 'two', step: 'received' } });
    test.clock.advance(200);
    expect(await reached).toEqual({ reached: true });
    expect(await test.ask(`inbox ${KIM}`)).toEqual([
      { to: KIM, chat: KIM, text: 'one', channel: 'SMS', count: 1 },
    ]);
    expect(await test.ask('inbox')).toHaveLength(2);
    const none = test.run({ command: 'wait-for', args: { text: 'three', step: 'asked', timeoutMs: 10 } });
    test.clock.advance(10);
    expect(await none).toEqual({ reached: false });
    expect(test.mac.state().attempts.map(({ content, steps }) => [content, Object.keys(steps)])).toEqual([
      ['one', ['asked', 'taken', 'row', 'joined', 'sent', 'received']],
      ['two', ['asked', 'taken', 'row', 'joined', 'sent', 'received']],
    ]);
  });
});

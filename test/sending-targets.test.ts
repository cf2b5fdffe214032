import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import { KIM, startSending, until, type SendingBench } from './support/sending.ts';

// Several processes and many sends: a busy machine needs room.
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);

const LEE = '+15550002222';
const sends = (bench: SendingBench) =>
  bench
    .calls()
    .filter(({ script }) => script.startsWith('-- blueline send-'))
    .map(({ argv }) => argv.slice(3, 6));

it('asks for the contact where Messages has not loaded the chat, and for nobody where it is a group', async () => {
  const bench = await startSending();
  await bench.mac.command({ command: 'text', args: { from: KIM, text: 'hi' } });
  await until(async () =>
    expect((await bench.bridge().request('GET', '/v1/chats')).body).toMatchObject({
      data: [{ identifier: KIM }],
    }),
  );
  const unknown = { name: 'script-error', code: -1728, moment: 'before' } as const;
  await bench.fault(unknown);
  await bench.reaches(await bench.send({ text: 'to Kim' }), { state: 'read' });
  const forms = sends(bench).map(([form]) => form);
  expect(new Set(forms)).toEqual(new Set(['chat', 'participant']));
  expect(forms).toHaveLength(2);

  await bench.mac.command({
    command: 'group',
    args: { action: 'create', group: 'chat42', name: 'Us', participants: [KIM, LEE] },
  });
  await bench.fault(unknown);
  const id = await bench.send({ text: 'to all', to: 'any;+;chat42' });
  await bench.reaches(id, {
    state: 'failed',
    error: 'send_rejected',
    error_detail: { disposition: 'not_started' },
  });
  expect(sends(bench)).toHaveLength(3);
  await bench.reaches(await bench.send({ text: 'to all', to: 'iMessage;+;chat42' }), { state: 'sent' });
  expect(await bench.received()).toEqual([
    ['to Kim', 1],
    ['to all', 1],
    ['to all', 1],
  ]);
});

it('follows a failed iMessage with one text message, if asked to and after the error has stood', async () => {
  const bench = await startSending({ BLUELINE_MESSAGES_FALLBACK_AFTER_SECONDS: '2' }, { hasSms: true });
  await bench.mac.command({ command: 'person', args: { handle: KIM, behaviour: { reachable: false } } });
  const alone = await bench.send({ text: 'no fallback' });
  await bench.reaches(alone, { state: 'failed', error: 'message_failed', error_detail: { apple_code: 22 } });

  const id = await bench.send({ text: 'either way', fallback: 'sms' });
  await bench.reaches(id, { state: 'dispatched', attempts: [{ state: 'failed', service: 'imessage' }] });
  await bench.reaches(id, {
    state: 'sent',
    attempts: [
      { state: 'failed', service: 'imessage', error_detail: { apple_code: 22 } },
      { state: 'sent', service: 'sms', downgraded: false },
    ],
  });
  expect(await bench.received()).toEqual([['either way', 1]]);
  expect((await bench.item(alone))['attempts']).toHaveLength(1);
});

it('fails where the text message that was to follow cannot be sent', async () => {
  const bench = await startSending({ BLUELINE_MESSAGES_FALLBACK_AFTER_SECONDS: '1' });
  await bench.mac.command({ command: 'person', args: { handle: KIM, behaviour: { reachable: false } } });
  await bench.reaches(await bench.send({ text: 'hi', fallback: 'sms' }), {
    state: 'failed',
    error_detail: { apple_code: 22 },
    attempts: [{ service: 'imessage' }],
  });
  const refused = await bench
    .bridge()
    .request('POST', '/v1/messages', { to: KIM, text: 'x', service: 'sms' });
  expect(refused.body).toMatchObject({ error: { code: 'capability_unavailable' } });
});

it('tells a downgrade and a ghost for what they are', async () => {
  const bench = await startSending();
  await bench.mac.command({
    command: 'group',
    args: { action: 'create', group: 'chat42', name: 'Us', participants: [KIM, LEE] },
  });
  await bench.fault({ name: 'ghost' });
  const ghost = await bench.send({ text: 'to nobody', to: 'any;+;chat42' });
  await bench.reaches(ghost, { state: 'unknown' });
  await bench.fault({ name: 'downgrade' });
  const green = await bench.send({ text: 'green' });
  await bench.reaches(green, { state: 'sent', attempts: [{ service: 'imessage', downgraded: true }] });
  // A row without its chat is waited for by capture for 15 s.
  await until(
    async () => expect(await bench.item(ghost)).toMatchObject({ state: 'failed', error: 'ghost_row' }),
    40_000,
  );
  expect(await bench.received()).toEqual([['green', 1]]);
});

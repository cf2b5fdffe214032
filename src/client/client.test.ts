import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BluelineClient, type SendOptions } from './client.ts';
import { ApiError } from './errors.ts';
import type { CertainFailure } from './outcome.ts';
import { anItem, error, instantTimers, ScriptedBridge, type Answer } from './test-http.ts';

const HEALTH = {
  bridgeId: 'mini-1',
  status: 'unhealthy',
  messagesAppRunning: false,
  pendingCommands: 0,
  uptime: 1,
  warnings: [],
  version: '1',
  checked_at: 1,
};
const item = (answer: ReturnType<typeof anItem>, status = 200): Answer => ({ status, body: answer });

describe('the client', () => {
  let bridge: ScriptedBridge;
  let timers: ReturnType<typeof instantTimers>;
  let client: BluelineClient;

  beforeEach(async () => {
    bridge = await ScriptedBridge.start();
    timers = instantTimers();
    client = new BluelineClient({ url: `${bridge.url}/`, key: 'blk_x', timers });
  });
  afterEach(() => bridge.close());

  const send = (options: SendOptions = {}) => client.send({ to: '+15550001111', text: 'hello' }, options);
  const keys = () => bridge.requests.map(({ headers }) => headers['idempotency-key']);

  describe('sends', () => {
    it('once more after a lost answer, 5xx and 429, under one key, and no sooner than it is told', async () => {
      bridge.answers = [
        'cut',
        error(503, 'store_unavailable'),
        { ...Object(error(429, 'rate_limit_exceeded')), headers: { 'retry-after': '20' } },
        item(anItem('queued'), 201),
      ];
      const sent = await send({ idempotencyKey: 'order-1' });
      expect(sent.item.id).toBe('obx_1');
      expect(keys()).toEqual(['order-1', 'order-1', 'order-1', 'order-1']);
      expect(bridge.requests[0]).toMatchObject({
        method: 'POST',
        path: '/v1/messages',
        headers: { authorization: 'Bearer blk_x' },
        body: { to: '+15550001111', text: 'hello' },
      });
      expect(timers.waits).toHaveLength(3);
      expect(timers.waits[2]).toBeGreaterThanOrEqual(20_000);
    });

    it('under a key of its own where none is given', async () => {
      bridge.answers = ['cut', item(anItem('queued'), 201)];
      await send();
      const [first, second] = keys();
      expect(first).toMatch(/^[\da-f-]{36}$/u);
      expect(second).toBe(first);
    });

    it.each<[string, Answer]>([
      ['a refusal', error(403, 'recipient_opted_out', 'policy_error')],
      [
        'a limit that says no to another try',
        {
          ...Object(error(429, 'new_conversation_limit', 'policy_error')),
          headers: { 'x-should-retry': 'false' },
        },
      ],
      ['a wait that is too long', { ...Object(error(503, 'x')), headers: { 'retry-after': '600' } }],
    ])('not again after %s', async (_name, answer) => {
      bridge.answers = [answer];
      await expect(send()).rejects.toMatchObject({ name: 'ApiError' });
      expect(bridge.requests).toHaveLength(1);
    });

    it('and tells whether it may have arrived where no answer came at all', async () => {
      bridge.answers = ['cut'];
      await expect(send()).rejects.toMatchObject({ name: 'ConnectionError', mayHaveArrived: true });
      expect(bridge.requests).toHaveLength(5);
      await bridge.close();
      await expect(send()).rejects.toMatchObject({ code: 'ECONNREFUSED', mayHaveArrived: false });
      bridge = await ScriptedBridge.start();
    });
  });

  describe('calls for another provider', () => {
    const failures = async (answers: Answer[], isAccepted = true) => {
      const told: CertainFailure[] = [];
      bridge.answers = answers;
      const sending = send({ onCertainFailure: (failure) => void told.push(failure) });
      const end = await sending.then(
        (sent) => sent.settled.then(() => 'accepted'),
        (refused: unknown) => (refused instanceof ApiError ? 'refused' : refused),
      );
      expect(end).toBe(isAccepted ? 'accepted' : 'refused');
      return told;
    };
    const failed = { state: 'failed', error: 'message_failed' } as const;
    const lost = { state: 'unknown', error: 'outcome_unknown' } as const;
    const final = { error_detail: { code: 'outcome_unknown', message: '', is_final: true } } as const;

    it.each<[string, Answer[]]>([
      ['failed', [item(anItem('queued'), 201), item(anItem('sending')), item(anItem('failed', failed))]],
      [
        'expired',
        [item(anItem('queued'), 201), item(anItem('expired', { state: 'expired', error: 'expired' }))],
      ],
      ['was refused later', [item(anItem('queued'), 201), item(anItem('refused', { error: 'quiet_hours' }))]],
      [
        'was unknown and turned out to have failed',
        [item(anItem('queued'), 201), item(anItem('unknown', lost)), item(anItem('failed', failed))],
      ],
    ])('once, for what %s', async (_name, answers) => {
      const told = await failures(answers);
      expect(told).toMatchObject([{ kind: 'failed', item: { id: 'obx_1' }, parts: [{}] }]);
    });

    it('names the parts that failed, once all are at their end', async () => {
      const told = await failures([
        item(anItem('queued', {}, [{}]), 201),
        item(anItem('failed', { state: 'sent' }, [{ state: 'sending' }])),
        item(anItem('failed', { state: 'sent' }, [failed])),
      ]);
      expect(told).toMatchObject([{ kind: 'failed', parts: [{ state: 'failed' }] }]);
    });

    it.each<[string, Answer[]]>([
      ['sent', [item(anItem('queued'), 201), item(anItem('delivered', { state: 'delivered' }))]],
      ['unknown for good', [item(anItem('queued'), 201), item(anItem('unknown', { ...lost, ...final }))]],
      [
        'failed in one part and unknown in another',
        [item(anItem('queued', {}, [{}]), 201), item(anItem('failed', failed, [{ ...lost, ...final }]))],
      ],
      ['canceled', [item(anItem('queued'), 201), item(anItem('canceled', { error: 'canceled' }))]],
      [
        'not wanted by the contact',
        [item(anItem('queued'), 201), item(anItem('refused', { error: 'recipient_opted_out' }))],
      ],
    ])('never for what is %s', async (_name, answers) => {
      expect(await failures(answers)).toEqual([]);
    });

    it.each<[string, Answer[]]>([
      ['a rule is against it', [error(429, 'new_conversation_limit', 'policy_error')]],
      ['the chat is not there', [error(404, 'chat_not_found', 'invalid_request_error')]],
    ])('where %s', async (_name, answers) => {
      expect(
        await failures([{ ...Object(answers[0]), headers: { 'x-should-retry': 'false' } }], false),
      ).toMatchObject([{ kind: 'refused' }]);
    });

    it.each<[string, Answer[]]>([
      ['the contact wants no more', [error(403, 'recipient_opted_out', 'policy_error')]],
      ['the key is wrong', [error(401, 'invalid_api_key', 'authentication_error')]],
      ['the name was given to another', [error(422, 'idempotency_key_reused', 'invalid_request_error')]],
      ['an earlier try may have arrived', ['cut', error(403, 'unanswered_limit', 'policy_error')]],
      ['the bridge fails', [error(500, 'bridge_error')]],
    ])('never where %s', async (_name, answers) => {
      expect(await failures(answers, false)).toEqual([]);
    });
  });

  it('asks for health again and again, also while nobody answers', async () => {
    bridge.answers = [{ status: 503, body: HEALTH }];
    const polling = client.pollHealth({ intervalMs: 1_000 });
    expect((await polling.next()).value).toMatchObject({ reached: true, health: { status: 'unhealthy' } });
    bridge.answers = [{ status: 404 }];
    expect((await polling.next()).value).toMatchObject({ reached: false, error: { status: 404 } });
    await polling.return();
    expect(timers.waits).toContain(1_000);
  });

  describe('reads events', () => {
    const event = (sequence: number) => ({
      id: `evt_${sequence}`,
      type: 'bridge.started',
      timestamp: '2026-01-01T00:00:00.000Z',
      sequence,
      bridge_id: 'b',
      line_id: null,
      api_version: '1',
      data: { version: '1', api_version: '1' },
    });
    const hello = (epoch = 'e1', head = 0) => ({
      type: 'hello',
      bridge_id: 'b',
      epoch,
      head_sequence: head,
      oldest_sequence: 1,
      versions: ['1'],
    });
    const stream = (count: number) =>
      vi.waitFor(
        () => {
          const found = bridge.streams[count - 1];
          if (found === undefined) {
            throw new Error('nobody has connected');
          }
          return found;
        },
        { timeout: 5_000, interval: 2 },
      );
    const say = (opened: Awaited<ReturnType<typeof stream>>, ...frames: object[]) => {
      for (const frame of frames) {
        opened.socket.send(JSON.stringify(frame));
      }
    };
    const pathOf = ({ request }: Awaited<ReturnType<typeof stream>>) => request.url;

    it('over breaks, each once and in order, and tells of gaps', async () => {
      const reading = client.events({ after: 1, types: ['bridge.started'], lines: ['ln_1'] });
      const first = reading.next();
      const one = await stream(1);
      expect(pathOf(one)).toBe('/v1/events/stream?after=1&types=bridge.started&lines=ln_1');
      say(one, hello(), { type: 'event', event: event(2) }, { type: 'event', event: event(3) });
      expect((await first).value).toMatchObject({ kind: 'event', event: { sequence: 2 } });
      expect((await reading.next()).value).toMatchObject({ kind: 'event', event: { sequence: 3 } });
      one.socket.terminate();
      const third = reading.next();
      const two = await stream(2);
      expect(pathOf(two)).toContain('after=3&epoch=e1');
      say(
        two,
        hello(),
        { type: 'gap', from: 4, to: 6, reason: 'retention' },
        // A bridge that repeats itself repeats nothing to the program.
        { type: 'event', event: event(3) },
        { type: 'event', event: { ...event(7), type: 'moon.rose' } },
        { type: 'caught_up', sequence: 7 },
      );
      expect((await third).value).toEqual({ kind: 'gap', gap: { from: 4, to: 6, reason: 'retention' } });
      expect((await reading.next()).value).toMatchObject({ kind: 'unrecognized', sequence: 7 });
      expect((await reading.next()).value).toEqual({ kind: 'caught_up', sequence: 7 });
      await reading.return();
    });

    it('from the head on where nothing is asked for, also over a break', async () => {
      const reading = client.events();
      const first = reading.next();
      const one = await stream(1);
      say(one, hello('e1', 9), { type: 'caught_up', sequence: 9 });
      await first;
      one.socket.terminate();
      const second = reading.next();
      const two = await stream(2);
      expect(pathOf(two)).toBe('/v1/events/stream?after=9&epoch=e1');
      say(
        two,
        hello('e2', 2),
        { type: 'gap', from: 1, to: 0, reason: 'epoch_changed' },
        { type: 'event', event: event(1) },
      );
      expect((await second).value).toMatchObject({ kind: 'gap' });
      expect((await reading.next()).value).toMatchObject({ kind: 'event', event: { sequence: 1 } });
      await reading.return();
    });

    it('acks for a subscriber what the program is done with', async () => {
      const reading = client.events({ subscriber: 'crm' });
      const first = reading.next();
      const one = await stream(1);
      say(one, hello(), { type: 'event', event: event(1) }, { type: 'event', event: event(2) });
      await first;
      expect(one.got).toEqual([]);
      await reading.next();
      await vi.waitFor(() => expect(one.got).toEqual([JSON.stringify({ type: 'ack', sequence: 1 })]));
      await reading.return();
    });

    it('not past a key that is refused or was revoked', async () => {
      bridge.answers = [error(401, 'invalid_api_key', 'authentication_error')];
      await expect(client.events().next()).rejects.toMatchObject({ code: 'invalid_api_key', status: 401 });
      bridge.answers = [];
      const next = client.events().next();
      next.catch(() => undefined);
      (await stream(1)).socket.close(4401, 'key_revoked');
      await expect(next).rejects.toMatchObject({ code: 'invalid_api_key' });
    });

    it('no further than the program does, and all of it in the end', async () => {
      const reading = client.events({ after: 0 });
      const first = reading.next();
      const one = await stream(1);
      say(one, hello());
      for (let sequence = 1; sequence <= 2_000; sequence += 1) {
        say(one, { type: 'event', event: event(sequence) });
      }
      await first;
      const sequences = [1];
      for await (const next of reading) {
        if (next.kind === 'event') {
          sequences.push(next.event.sequence);
        }
        if (sequences.length === 2_000) {
          break;
        }
      }
      expect(sequences).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
    });
  });
});

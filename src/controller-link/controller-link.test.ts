import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkBridgeFrameSchema } from '../contract/index.ts';
import { LinkBench, NOW, TOKEN, type Seen } from './test-link.ts';

const TLS = new URL('../../test/support/tls/', import.meta.url).pathname;
const CERTIFICATE = `${TLS}localhost.pem`;

let bench: LinkBench;
afterEach(() => bench.close());

const ofType = (seen: Seen, type: string) => seen.frames.filter((frame) => frame.type === type);
const upTo = (count: number, from = 1) =>
  Array.from({ length: count - from + 1 }, (_, index) => index + from);

describe('the link to the controller', () => {
  beforeEach(async () => {
    bench = await LinkBench.start();
  });

  it('shows its token, says who it is, and sends everything behind what the controller has', async () => {
    bench.happen(5);
    const link = bench.open();
    const seen = await bench.registered(1, { after: 2, epoch: 'epoch-1' });
    await bench.settles(() => ofType(seen, 'caught_up').length === 1);
    bench.happen(1);
    await bench.settles(() => seen.sequences().length === 4);
    expect(seen.request.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(seen.frames[0]).toMatchObject({
      type: 'register',
      bridge_id: 'mini-1',
      epoch: 'epoch-1',
      version: '1.2.3',
      limits: { preset: 'balanced' },
      head_sequence: 5,
      oldest_sequence: 1,
    });
    expect(seen.sequences()).toEqual([3, 4, 5, 6]);
    for (const frame of seen.frames) {
      expect(linkBridgeFrameSchema.safeParse(frame).error).toBeUndefined();
    }
    expect(link.status()).toEqual({ state: 'linked', since: expect.any(Number) });
  });

  it.each<[string, object, object]>([
    ['epoch_changed', { after: 3, epoch: 'before' }, { from: 1, to: 0 }],
    ['ahead_of_head', { after: 9, epoch: 'epoch-1' }, { from: 4, to: 9 }],
  ])('tells of a gap (%s) and begins with the oldest', async (reason, fields, gap) => {
    bench.happen(3);
    bench.open();
    const seen = await bench.registered(1, fields);
    await bench.settles(() => seen.sequences().length === 3);
    expect(ofType(seen, 'gap')).toEqual([{ type: 'gap', reason, ...gap }]);
    expect(seen.sequences()).toEqual([1, 2, 3]);
  });

  it('begins with the oldest for a controller that has nothing, then behind its last ack, over restarts', async () => {
    bench.happen(4);
    const first = bench.open();
    const seen = await bench.registered(1);
    await bench.settles(() => seen.sequences().length === 4);
    // What was not sent cannot be acked, and an old ack takes nothing back.
    for (const sequence of [3, 2, 99]) {
      seen.send({ type: 'ack', sequence });
    }
    seen.send({ type: 'command', command_id: 'last', command: 'line.pause' });
    await bench.settles(() => ofType(seen, 'command_result').length === 1);
    await first.stop();
    expect(await seen.closed).toMatch(/^1001 /u);
    bench.open();
    const again = await bench.registered(2);
    await bench.settles(() => ofType(again, 'caught_up').length === 1);
    expect(again.sequences()).toEqual([4]);
    expect(again.frames[0]?.['instance_id']).not.toBe(seen.frames[0]?.['instance_id']);
  });

  it('goes no further ahead of the acks than the controller lets it', async () => {
    bench.happen(10);
    bench.open();
    const seen = await bench.registered(1, { after: 0, window: 4 });
    await bench.settles(() => seen.sequences().length === 4);
    bench.happen(1);
    seen.send({ type: 'ack', sequence: 1 });
    await bench.settles(() => seen.sequences().length === 5);
    expect(ofType(seen, 'caught_up')).toEqual([]);
    for (const sequence of [5, 9]) {
      seen.send({ type: 'ack', sequence });
      await bench.settles(() => seen.sequences().length === Math.min(11, sequence + 4));
    }
    expect(seen.sequences()).toEqual(upTo(11));
    await bench.settles(() => ofType(seen, 'caught_up').length === 1);
  });

  it('tells what retention took while the controller was behind', async () => {
    bench.happen(10);
    bench.open();
    const seen = await bench.registered(1, { after: 0, window: 4 });
    await bench.settles(() => seen.sequences().length === 4);
    bench.clock.advance(10_000);
    bench.happen(2);
    expect(bench.journal.prune({ ms: 5_000, bytes: 0, maxBytes: Infinity }, 100)).toBe(10);
    seen.send({ type: 'ack', sequence: 4 });
    await bench.settles(() => seen.sequences().length === 6);
    expect(ofType(seen, 'gap')).toEqual([{ type: 'gap', from: 5, to: 10, reason: 'retention' }]);
    expect(seen.sequences()).toEqual([1, 2, 3, 4, 11, 12]);
  });

  it('answers commands, one after the other', async () => {
    bench.open();
    const seen = await bench.registered(1);
    seen.send({ type: 'command', command_id: '1', command: 'line.pause', body: { reason: 'x' } });
    seen.send({ type: 'command', command_id: '2', command: 'line.resume' });
    await bench.settles(() => ofType(seen, 'command_result').length === 2);
    expect(ofType(seen, 'command_result').map((frame) => frame['command_id'])).toEqual(['1', '2']);
    expect(bench.executed.map(({ command }) => command)).toEqual(['line.pause', 'line.resume']);
  });

  it('reports health at once, each 15 seconds, and when there is something new', async () => {
    bench.open();
    const seen = await bench.registered(1);
    await bench.settles(() => ofType(seen, 'health').length === 1);
    bench.mark = 'something new';
    bench.clock.advance(1_000);
    await bench.settles(() => ofType(seen, 'health').length === 2);
    expect(ofType(seen, 'health')[1]).toMatchObject({
      health: { bridgeId: 'mini-1', mark: 'something new' },
    });
    bench.clock.advance(13_000);
    await bench.settles(() => seen.socket.readyState === seen.socket.OPEN);
    expect(ofType(seen, 'heartbeat')).toEqual([]);
    bench.clock.advance(1_000);
    await bench.settles(() => ofType(seen, 'health').length === 3 && ofType(seen, 'heartbeat').length === 1);
    expect(ofType(seen, 'heartbeat')[0]).toMatchObject({ head_sequence: 0, status: 'healthy' });
  });

  it('notices a connection that is half open by its pings, and dials again', async () => {
    bench.open();
    const seen = await bench.registered(1);
    await bench.settles(() => bench.link?.status().state === 'linked');
    // Nobody reads any more, and nobody says so.
    seen.socket.pause();
    const since = bench.clock.now();
    await bench.passes(() => bench.link?.status().state === 'down');
    expect(bench.clock.now() - since).toBeGreaterThanOrEqual(30_000);
    expect(bench.clock.now() - since).toBeLessThanOrEqual(50_000);
    await bench.connection(2);
  });

  it('gives up on a controller that does not let it in', async () => {
    bench.isSilent = true;
    const link = bench.open();
    await bench.passes(() => {
      const status = link.status();
      return status.state === 'down' && status.problem?.reason === 'timeout';
    });
    expect(bench.clock.now() - NOW).toBeGreaterThanOrEqual(10_000);
    bench.isSilent = false;
    await bench.connection(1);
  });

  it('gives up on a controller that does not answer `register`', async () => {
    bench.open();
    await bench.connection(1);
    const since = bench.clock.now();
    await bench.connection(2);
    expect(bench.clock.now() - since).toBeGreaterThanOrEqual(20_000);
  });

  it('closes on a frame that it does not know', async () => {
    bench.open();
    const seen = await bench.registered(1);
    seen.send({ type: 'dance' });
    expect(await seen.closed).toMatch(/^4400 /u);
    const next = await bench.connection(2);
    next.send({ type: 'ack', sequence: 1 });
    expect(await next.closed).toMatch(/^4400 /u);
  });

  it.each<[number, string, string, number]>([
    [4401, '', 'the token is wrong', 10_000],
    [4403, '', 'this bridge is not allowed', 10_000],
    [
      4409,
      'seen\n<b>elsewhere</b>',
      'another daemon is connected under this bridge id (seen  b elsewhere  b)',
      10_000,
    ],
  ])('stays away for a while after %i, and says why', async (code, said, reason, atLeast) => {
    const link = bench.open();
    const seen = await bench.connection(1);
    seen.socket.close(code, said);
    await bench.settles(() => {
      const status = link.status();
      return status.state === 'down' && status.problem !== null;
    });
    expect(link.status()).toMatchObject({ state: 'down', problem: { kind: 'refused', reason } });
    const since = bench.clock.now();
    await bench.connection(2);
    expect(bench.clock.now() - since).toBeGreaterThanOrEqual(atLeast);
  });

  it.each<[string, string | undefined, string, number]>([
    ['503 Service Unavailable', 'Retry-After: 40\r\n', 'unreachable', 40_000],
    ['429 Too Many Requests', undefined, 'unreachable', 5_000],
    ['401 Unauthorized', undefined, 'refused', 10_000],
    ['404 Not Found', undefined, 'unreachable', 0],
    ['301 Moved Permanently', 'Location: ws://127.0.0.1:1/\r\n', 'unreachable', 0],
  ])('waits as an answer asks it to: %s', async (status, headers, kind, atLeast) => {
    bench.refusal = { status, ...(headers === undefined ? {} : { headers }) };
    const link = bench.open();
    await bench.settles(() => {
      const now = link.status();
      return now.state === 'down' && now.problem?.kind === kind;
    });
    bench.refusal = null;
    const since = bench.clock.now();
    await bench.connection(1);
    expect(bench.clock.now() - since).toBeGreaterThanOrEqual(atLeast);
  });

  it('waits five seconds at least after 1013', async () => {
    bench.open();
    const seen = await bench.connection(1);
    seen.socket.close(1013, 'full');
    await bench.settles(() => bench.logLines.length > 0);
    const since = bench.clock.now();
    await bench.connection(2);
    expect(bench.clock.now() - since).toBeGreaterThanOrEqual(5_000);
  });

  it('uses no token that others can read, says so, and reads the file anew', async () => {
    bench.token(TOKEN, 0o644);
    const link = bench.open();
    const problem = (reason: string) => ({ state: 'down', since: NOW, problem: { kind: 'token', reason } });
    const hasProblem = (reason: string) => () =>
      JSON.stringify(link.status()) === JSON.stringify(problem(reason));
    await bench.settles(hasProblem('token_file_readable_by_others'));
    bench.token('short', 0o600);
    await bench.passes(hasProblem('token_file_holds_no_token'));
    bench.token('another-token-of-it', 0o600);
    const seen = await bench.connection(1);
    expect(seen.request.headers.authorization).toBe('Bearer another-token-of-it');
    expect(bench.logLines.join('')).not.toMatch(/another-token-of-it/u);
  });

  it('holds no more than a socket takes, and cuts a controller that reads nothing', async () => {
    for (let index = 0; index < 200; index += 1) {
      bench.happen(10, 'x'.repeat(10_000));
    }
    const link = bench.open();
    const seen = await bench.registered(1, { after: 0 });
    await bench.settles(() => link.status().state === 'linked');
    seen.socket.pause();
    const before = bench.clock.now();
    await bench.passes(() => link.status().state === 'down');
    expect(bench.clock.now() - before).toBeLessThanOrEqual(15_000);
    const again = await bench.registered(2, { after: 0 });
    await bench.passes(() => again.sequences().length === 2_000, 20);
    expect(again.sequences()).toEqual(upTo(2_000));
  });
});

describe('the link over TLS', () => {
  beforeEach(async () => {
    bench = await LinkBench.start({
      cert: readFileSync(CERTIFICATE, 'utf8'),
      key: readFileSync(`${TLS}localhost.key`, 'utf8'),
    });
  });

  it('trusts only whom it can verify', async () => {
    const link = bench.open();
    await bench.settles(() => {
      const status = link.status();
      return status.state === 'down' && status.problem !== null;
    });
    expect(link.status()).toMatchObject({
      problem: { kind: 'unreachable', reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(bench.seen).toEqual([]);
    await link.stop();
    bench.open({ config: { caFile: CERTIFICATE } });
    await bench.registered(1);
  });

  it('says so where the authority cannot be read', async () => {
    const link = bench.open({ config: { caFile: `${bench.folder}/none` } });
    await bench.settles(() => {
      const status = link.status();
      return status.state === 'down' && status.problem !== null;
    });
    expect(link.status()).toMatchObject({ problem: { kind: 'unreachable', reason: 'ENOENT' } });
  });
});

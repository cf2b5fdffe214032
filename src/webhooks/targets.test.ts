import type { LookupAddress } from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';
import { allowsAddress, checkUrl } from './targets.ts';
import { until, WebhookBench } from './test-bench.ts';

const STRICT = { allowPlain: false, allowPrivate: false };
const OPEN = { allowPlain: true, allowPrivate: true };

describe('a URL', () => {
  it.each([
    'https://hooks.example.com/a?b=c',
    'https://203.0.113.9.nip.example/',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'http://localhost:3000/hook',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'https://app.localhost',
  ])('may be %s', (url) => {
    expect(checkUrl(url, STRICT)).toHaveProperty('url');
  });

  it.each([
    ['ftp://hooks.example.com', 'http or https'],
    ['hooks.example.com', 'http or https'],
    [`https://hooks.example.com/${'a'.repeat(2_048)}`, '2,048'],
    ['https://user:pass@hooks.example.com', 'password'],
    ['http://hooks.example.com', 'allow_plain'],
    ['http://localhost.example.com', 'allow_plain'],
    ['https://10.0.0.7', 'allow_private'],
    ['https://192.168.1.1', 'allow_private'],
    ['https://100.64.0.1', 'allow_private'],
    ['https://[fd00::1]', 'allow_private'],
    ['https://169.254.169.254', 'allow_private'],
    ['https://0.0.0.0', 'allow_private'],
    ['https://[::ffff:10.0.0.7]', 'allow_private'],
    ['https://[64:ff9b::a00:7]', 'allow_private'],
    ['https://0x0a000007', 'allow_private'],
  ])('like %s is refused, and why', (url, why) => {
    const checked = checkUrl(url, STRICT);
    expect(checked).toEqual({ problem: expect.stringContaining(why) });
  });

  it('may be plain or private where the configuration says so, but never special', () => {
    for (const url of [
      'http://hooks.example.com',
      'http://10.0.0.7',
      'https://100.64.0.1',
      'http://[fd00::1]',
    ]) {
      expect(checkUrl(url, OPEN)).toHaveProperty('url');
    }
    for (const url of [
      'https://169.254.169.254',
      'https://224.0.0.1',
      'https://0.0.0.0',
      'https://[fe80::1]',
    ]) {
      expect(checkUrl(url, OPEN)).toHaveProperty('problem');
    }
  });
});

describe('an address behind a name', () => {
  it.each([
    ['93.184.216.34', true, true],
    ['2606:4700::1111', true, true],
    ['64:ff9b::5db8:d822', true, true],
    ['127.0.0.1', false, true],
    ['10.1.2.3', false, true],
    ['::ffff:192.168.0.1', false, true],
    ['64:ff9b::a00:1', false, true],
    ['fe80::1%en0', false, false],
    ['169.254.169.254', false, false],
    ['255.255.255.255', false, false],
    ['', false, false],
  ])('%s may be dialled: %s, with private networks allowed %s', (address, strict, open) => {
    expect(allowsAddress(address, 'hooks.example.com', STRICT)).toBe(strict);
    expect(allowsAddress(address, 'hooks.example.com', OPEN)).toBe(open);
  });

  it('is this machine alone for a local name', () => {
    expect(allowsAddress('127.0.0.1', 'localhost', STRICT)).toBe(true);
    expect(allowsAddress('93.184.216.34', 'localhost', OPEN)).toBe(false);
  });
});

describe('a delivery', () => {
  let bench: WebhookBench | null = null;
  afterEach(() => bench?.close());

  const dial = async (addresses: readonly LookupAddress[], allowPrivate: boolean) => {
    const asked: string[] = [];
    bench = new WebhookBench({ rules: { allowPlain: true, allowPrivate } }, (host, _options, done) => {
      asked.push(host);
      done(null, [...addresses]);
    });
    const receiver = await bench.receiver();
    const { port } = new URL(receiver.url);
    const { id } = bench.create(`http://hooks.example.com:${port}/hook`);
    bench.receive('+15550001111');
    return { bench, id, receiver, asked };
  };

  it('is not made to a name that leads to this machine, however it is written there', async () => {
    const { bench, id, receiver, asked } = await dial(
      [
        { address: '127.0.0.1', family: 4 },
        { address: '::ffff:127.0.0.1', family: 6 },
      ],
      false,
    );
    await until(() =>
      expect(
        bench.webhooks.deliveries(id, { state: null, before: null, limit: 1 })[0]?.attempts,
      ).toMatchObject([{ error: 'target_not_allowed', status: null }]),
    );
    expect(asked).toEqual(['hooks.example.com']);
    expect(receiver.arrivals).toEqual([]);
  });

  it('is made where private addresses are allowed, and leaves out those that never are', async () => {
    const { receiver } = await dial(
      [
        { address: '169.254.169.254', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
      true,
    );
    await until(() => expect(receiver.arrivals).toHaveLength(1));
    expect(receiver.arrivals[0]?.headers.host).toMatch(/^hooks\.example\.com:/u);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineId, lineLinkSchema } from '../../contract/index.ts';
import { ALIAS, createBench, LINE, type Bench } from '../test-bench.ts';

let bench: Bench;
let key = '';
beforeEach(() => {
  bench = createBench();
  key = bench.keys.create({ name: 'test' }).key;
});
afterEach(() => bench.close());

async function ask(method: 'GET' | 'POST', url: string, payload?: object) {
  const answer = await bench.http.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const WORDS = 'Hi & welcome + 👋\nsee you?';

describe('/v1/lines/:id/link', () => {
  it('gives the same by GET with the words in the query and by POST with them in the body', async () => {
    const got = await ask('GET', `/v1/lines/${lineId(LINE)}/link?body=${encodeURIComponent(WORDS)}`);
    const posted = await ask('POST', `/v1/lines/${encodeURIComponent(LINE)}/link`, { body: WORDS });
    const { link, android, qr } = lineLinkSchema.parse(got.body);
    expect(link).toBe(`sms:${LINE}&body=${encodeURIComponent(WORDS)}`);
    expect(android).toBe(`sms:${LINE}?body=${encodeURIComponent(WORDS)}`);
    expect(qr.svg).toMatch(/^<svg /u);
    expect(Buffer.from(qr.png, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect(lineLinkSchema.parse(posted.body)).toEqual(lineLinkSchema.parse(got.body));
  });

  it.each([undefined, ''])('needs no words (%j)', async (body) => {
    expect((await ask('POST', `/v1/lines/${LINE}/link`, { body })).body.link).toBe(`sms:${LINE}`);
  });

  it('is there for a line that only receives, too', async () => {
    const { body } = await ask('GET', `/v1/lines/${ALIAS}/link`);
    expect(body).toMatchObject({ handle: ALIAS, link: `sms:${ALIAS}`, android: null });
  });

  it('refuses what no code can hold, and lines that there are not', async () => {
    const long = await ask('POST', `/v1/lines/${LINE}/link`, { body: '🙂'.repeat(1_000) });
    expect([long.status, long.body.error.code, long.body.error.param]).toEqual([
      400,
      'invalid_parameter_value',
      'body',
    ]);
    expect((await ask('GET', '/v1/lines/+15550000000/link')).status).toBe(404);
    expect((await ask('POST', `/v1/lines/${LINE}/link`, { text: 'x' })).status).toBe(400);
  });
});

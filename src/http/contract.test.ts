import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from '@readme/openapi-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CONTRACT_FILE } from '../../test/support/described-api.ts';
import { listOperations, readApi, treeOf, type Operation, type Tree } from './test-api.ts';
import { createBench, type Bench } from './test-bench.ts';
import { EXAMPLES, filled, furnish, type Example } from './test-examples.ts';

const operations = await listOperations();
let bench: Bench;
let url = '';
let key = '';
let document: Tree;
let ajv: Ajv2020;

beforeAll(async () => {
  bench = createBench();
  ({ document } = await readApi(bench));
  ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'api');
  ({ url } = await bench.http.listen());
  key = bench.keys.create({ name: 'all' }).key;
  bench.placeholders.set('FILE_ID', await upload());
});
afterAll(() => bench.close());
beforeEach(() => furnish(bench));

async function upload(): Promise<string> {
  const answer = await fetch(`${url}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'audio/mp4', 'x-filename': 'a.m4a' },
    body: 'sound',
  });
  return z.object({ id: z.string() }).parse(await answer.json()).id;
}

interface Sent extends Omit<Example, 'status'> {
  readonly authorization?: string | null;
}

/** Asks as a client does, over a socket, and holds the answer against what the document declares. */
async function ask(operation: Operation, request: Sent): Promise<{ status: number; code: unknown }> {
  const path = operation.path.replaceAll(/\{(\w+)\}/gu, (_, name: string) =>
    encodeURIComponent(request.params?.[name] ?? `no-${name}`),
  );
  const query = new URLSearchParams(request.query).toString();
  const authorization = request.authorization === undefined ? `Bearer ${key}` : request.authorization;
  const isText = typeof request.body === 'string';
  const end = new AbortController();
  const response = await fetch(`${url}${filled(path, bench)}${query === '' ? '' : `?${query}`}`, {
    method: operation.method,
    redirect: 'manual',
    signal: end.signal,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(request.body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: filled(bodyOf(request.body), bench) }),
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  expect(isStream && response.ok).toBe(request.isStream === true && response.ok);
  const text = isStream ? '' : await response.text();
  end.abort();
  return { status: response.status, code: check(operation, response, text) };
}

function bodyOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** @returns the code of an error */
function check(operation: Operation, response: Response, text: string): unknown {
  const where = `${operation.method} ${operation.path} → ${response.status} ${text.slice(0, 300)}`;
  const declared = operation.responses[String(response.status)];
  expect(declared, `${where}: the document does not declare this status`).toBeDefined();
  const types = Object.entries(treeOf(declared?.['content']));
  if (types.length === 0) {
    expect(text, where).toBe('');
    return undefined;
  }
  const given = response.headers.get('content-type')?.split(';')[0] ?? '';
  if (!types.some(([type]) => type === 'application/json')) {
    // A file has the type that it has.
    const [first = ''] = types.map(([type]) => type);
    expect(first === 'application/octet-stream' ? first : given, where).toBe(first);
    return undefined;
  }
  expect(given, where).toBe('application/json');
  const body: unknown = JSON.parse(text);
  const pointer = ['paths', operation.path, operation.method.toLowerCase(), 'responses', response.status];
  const validator = ajv.compile({
    $ref: `api#/${pointer.map(escaped).join('/')}/content/application~1json/schema`,
  });
  expect(validator(body), `${where}: ${ajv.errorsText(validator.errors)}`).toBe(true);
  return treeOf(treeOf(body)['error'])['code'];
}

function escaped(part: string | number): string {
  return encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'));
}

const examplesOf = ({ id }: Operation) => EXAMPLES[id] ?? { good: [] };

describe('the contract', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const file = join(bench.folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    expect(await validate(file)).toMatchObject({ valid: true });
  });

  it('is as it was agreed on (meant otherwise? `npm run contract` writes it anew)', () => {
    const agreed: unknown = JSON.parse(readFileSync(CONTRACT_FILE, 'utf8'));
    expect(document).toEqual(agreed);
  });

  it('names each operation once, and has an example of each', () => {
    const ids = operations.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
    const without = ids.filter((id) => {
      const { good = [], bad = [] } = EXAMPLES[id] ?? {};
      return good.length + bad.length === 0;
    });
    expect(without, 'routes without an example: add one to src/http/test-examples.ts').toEqual([]);
    const stale = Object.keys(EXAMPLES).filter((id) => !ids.includes(id));
    expect(stale, 'examples of routes that do not exist').toEqual([]);
  });
});

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const examples = examplesOf(operation);

  it('answers good input as it declares', async () => {
    for (const { status, ...example } of examples.good) {
      await furnish(bench);
      expect((await ask(operation, example)).status).toBe(status);
    }
  });

  it('answers bad input as it declares', async () => {
    for (const { status, code, ...example } of examples.bad ?? []) {
      await furnish(bench);
      expect(await ask(operation, example)).toEqual({ status, code });
    }
  });

  it('refuses what nobody may ask of any route', async () => {
    const [example] = [...examples.good, ...(examples.bad ?? [])];
    const request: Sent = { ...example };
    const query = { ...request.query, no_such_parameter: '1' };
    expect(await ask(operation, { ...request, query })).toEqual({
      status: 400,
      code: 'invalid_parameter_value',
    });
    const refused = [
      ...(operation.isOpen ? [] : [{ authorization: null, code: 'missing_api_key' }]),
      ...(operation.scope === null ? [] : [{ authorization: 'Bearer wrong', code: 'invalid_api_key' }]),
    ];
    for (const { authorization, code } of refused) {
      expect(await ask(operation, { ...request, authorization })).toEqual({ status: 401, code });
    }
    for (const { name } of operation.parameters.filter(
      ({ in: place, required }) => place === 'query' && required,
    )) {
      const { [name]: _left, ...query } = request.query ?? {};
      expect(await ask(operation, { ...request, query })).toEqual({
        status: 400,
        code: 'missing_required_parameter',
      });
    }
  });

  if (!operation.bodyTypes.includes('application/json')) {
    return;
  }
  it('refuses bodies that it cannot take', async () => {
    const [example] = [...examples.good, ...(examples.bad ?? [])];
    const body = treeOf(example?.body);
    const request: Sent = { ...example };
    const json = { 'content-type': 'application/json' };
    expect(await ask(operation, { ...request, body: { ...body, no_such_field: 1 } })).toMatchObject({
      status: 400,
      code: 'invalid_parameter_value',
    });
    expect(await ask(operation, { ...request, body: [1] })).toMatchObject({ status: 400 });
    expect(await ask(operation, { ...request, headers: json, body: '{"to":' })).toEqual({
      status: 400,
      code: 'invalid_json',
    });
    const text = { 'content-type': 'text/plain' };
    expect(await ask(operation, { ...request, headers: text, body: 'x' })).toEqual({
      status: 415,
      code: 'unsupported_content_type',
    });
    for (const field of operation.requiredFields) {
      const { [field]: _left, ...rest } = body;
      expect(await ask(operation, { ...request, body: rest })).toEqual({
        status: 400,
        code: 'missing_required_parameter',
      });
    }
  });
});

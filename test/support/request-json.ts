import type { Answer, Json } from './bridge-process.ts';

/** Asks a bridge over REST, as a client with this key does. Whatever its status, the answer has to be JSON. */
export async function requestJson(
  { url, key }: { readonly url: string; readonly key: string },
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const parsed: Json = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body: parsed };
}

import { createBench } from '../../src/http/test-bench.ts';

/** What the wire looked like when it was last agreed on. */
export const CONTRACT_FILE = new URL('../../fixtures/contract/openapi.json', import.meta.url).pathname;

/** The OpenAPI document of this tree, as the daemon serves it. */
export async function describedApi(): Promise<unknown> {
  const bench = createBench();
  try {
    return (await bench.http.app.inject({ url: '/openapi.json' })).json();
  } finally {
    await bench.close();
  }
}

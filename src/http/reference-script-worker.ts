/** Takes the script of the reference page out of the package that carries it as one long string, and ends. */
import { parentPort } from 'node:worker_threads';
import reference from '@scalar/fastify-api-reference';
import Fastify from 'fastify';

const app = Fastify();
await app.register(reference, { routePrefix: '/reference', configuration: { url: '/openapi.json' } });
const { statusCode, payload } = await app.inject('/reference/js/scalar.js');
if (statusCode !== 200) {
  throw new Error(`The script of the reference page could not be had: ${statusCode}`);
}
parentPort?.postMessage(new TextEncoder().encode(payload));

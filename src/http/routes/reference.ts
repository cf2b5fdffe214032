import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { HttpApp } from '../http-app.ts';
import { readReferenceScript } from '../reference-script.ts';
import { keyRefusal } from '../refusals.ts';

/** Nothing is fetched from elsewhere, and nothing is told to anyone. */
const START = `Scalar.createApiReference('#app', ${JSON.stringify({
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
})})`;
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Blueline API</title>
  </head>
  <body>
    <div id="app"></div>
    <script src="/reference/scalar.js"></script>
    <script>${START}</script>
  </body>
</html>
`;
/** The browser itself keeps the page to this bridge, whatever its script would like. */
const POLICY = [
  "default-src 'none'",
  `script-src 'self' '${hashSource(START)}'`,
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const SAFE_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' } as const;

/** `/openapi.json` as a page for people. */
export function referenceRoutes(app: HttpApp): void {
  /** The bytes are read anew for each browser that does not have them; that it has them is known by their hash. */
  let etag: string | null = null;

  app.get<{ Reply: string }>(
    '/reference',
    {
      config: { auth: { need: 'local_or_key', scope: 'health:read' } },
      schema: {
        operationId: 'getReference',
        summary: 'This description as a page for people',
        querystring: z.strictObject({}),
        response: { ...keyRefusal, 200: content('text/html', 'The page.') },
      },
    },
    (_request, reply) => {
      void reply
        .headers({ ...SAFE_HEADERS, 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
        .type('text/html; charset=utf-8')
        .send(PAGE);
    },
  );

  app.get<{ Reply: Buffer | null }>(
    '/reference/scalar.js',
    {
      config: { auth: { need: 'local_or_key', scope: 'health:read' } },
      schema: {
        operationId: 'getReferenceScript',
        summary: 'What draws that page',
        querystring: z.strictObject({}),
        response: {
          ...keyRefusal,
          200: content('text/javascript', 'The script.'),
          304: z.null().meta({ description: 'It is what the browser has.' }),
        },
      },
    },
    async (request, reply) => {
      void reply.headers({ ...SAFE_HEADERS, 'cache-control': 'private, no-cache' });
      if (etag !== null && request.headers['if-none-match'] === etag) {
        return reply.code(304).header('etag', etag).send(null);
      }
      const script = await readReferenceScript();
      etag = `"${createHash('sha256').update(script).digest('base64url')}"`;
      return reply.header('etag', etag).type('text/javascript; charset=utf-8').send(script);
    },
  );
}

function content(type: string, description: string) {
  return { description, content: { [type]: { schema: z.string() } } };
}

function hashSource(script: string): string {
  return `sha256-${createHash('sha256').update(script, 'utf8').digest('base64')}`;
}

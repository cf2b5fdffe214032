import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;
const run = promisify(execFile);

/** What a controller of somebody else's looks like. */
const PROGRAM = `
import {
  BluelineClient, ControllerServer, MemoryCursorStore, healthSchema,
  type BluelineEvent,
} from 'blueline/client';

const seen: BluelineEvent[] = [];
const server = new ControllerServer({
  cursors: new MemoryCursorStore(),
  token: 'a-token-of-bridges',
  onEvent: (event) => void seen.push(event),
});
const { url } = await server.listen({ port: 0 });
const picked: string | undefined = server.pickLine('+12125550101')?.line.handle;
const client = new BluelineClient({ url: url.replace('ws', 'http') });
const code: string = await client.health().then(
  (health) => health.status,
  (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'none'),
);
console.log(JSON.stringify([url.startsWith('ws://'), picked ?? null, code, healthSchema.safeParse({}).success]));
await server.close();
`;

describe('the package', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-package-'));
    const path = `${ROOT}node_modules/.bin:${process.env['PATH'] ?? ''}`;
    await run('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: ROOT,
      env: { ...process.env, PATH: path, npm_config_cache: join(folder, 'cache') },
    });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, 'blueline'), { recursive: true });
    await run('tar', [
      '-xzf',
      join(folder, archive),
      '--strip-components',
      '1',
      '-C',
      join(modules, 'blueline'),
    ]);
    for (const name of ['ws', 'zod', 'libphonenumber-js', 'ulid', '@types']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'controller.ts'), PROGRAM);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          strict: true,
          noEmit: true,
          types: ['node'],
          target: 'es2024',
        },
        files: ['controller.ts'],
      }),
    );
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives a program the client, which runs', async () => {
    const { stdout } = await run(process.execPath, ['controller.ts'], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual([true, null, 'status_426', false]);
  });

  it('gives it the types, which a strict compiler takes', async () => {
    const compiled = await run(join(ROOT, 'node_modules/.bin/tsc'), [], { cwd: folder }).then(
      () => '',
      (error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : 'failed'),
    );
    expect(compiled).toBe('');
  });
});

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/**
 * The house, as design: which rooms a room may import, and which packages. Rooms are listed from the bottom up; an
 * import must point to a room named in the row. `node:` modules are free to all but the domain.
 */
const TABLE: Readonly<
  Record<
    string,
    { readonly layer: number; readonly rooms: readonly string[]; readonly packages: readonly string[] }
  >
> = {
  domain: { layer: 0, rooms: [], packages: [] },
  runtime: { layer: 0, rooms: ['domain'], packages: ['pino', 'rotating-file-stream', 'ulid'] },
  config: { layer: 1, rooms: ['domain', 'runtime'], packages: ['zod', 'yaml', 'env-paths'] },
  contract: { layer: 1, rooms: ['domain', 'runtime'], packages: ['zod', 'libphonenumber-js'] },
  store: { layer: 1, rooms: ['runtime'], packages: ['better-sqlite3', 'zod'] },
  wal: { layer: 1, rooms: [], packages: [] },
  'messages-db': {
    layer: 1,
    rooms: ['domain', 'runtime'],
    packages: ['better-sqlite3', 'mime', 'plist'],
  },
  'messages-app': { layer: 1, rooms: ['domain', 'runtime'], packages: ['run-applescript'] },
  host: { layer: 1, rooms: ['runtime'], packages: [] },
  health: { layer: 1, rooms: ['domain', 'runtime'], packages: [] },
  metrics: { layer: 2, rooms: ['domain'], packages: ['prom-client'] },
  events: { layer: 2, rooms: ['domain', 'runtime', 'contract', 'store'], packages: ['ws'] },
  deliverability: {
    layer: 2,
    rooms: ['domain', 'runtime', 'config', 'store'],
    packages: ['bson', 'zod'],
  },
  capture: {
    layer: 3,
    rooms: ['domain', 'runtime', 'contract', 'store', 'wal', 'messages-db', 'events'],
    packages: ['chokidar', 'zod'],
  },
  inbox: { layer: 2, rooms: ['domain', 'runtime', 'contract', 'store', 'messages-db'], packages: [] },
  uploads: {
    layer: 2,
    rooms: ['domain', 'runtime', 'contract', 'store'],
    packages: ['file-type', 'mime'],
  },
  'controller-link': {
    layer: 3,
    rooms: ['domain', 'runtime', 'contract', 'events'],
    packages: ['ws'],
  },
  client: { layer: 2, rooms: ['contract'], packages: ['ws', 'zod'] },
  'contact-cards': { layer: 2, rooms: ['domain', 'runtime', 'contract', 'store'], packages: [] },
  webhooks: {
    layer: 3,
    rooms: ['domain', 'runtime', 'contract', 'store', 'events'],
    packages: ['ipaddr.js', 'zod'],
  },
  onboarding: { layer: 2, rooms: ['domain', 'runtime', 'store'], packages: ['qrcode'] },
  keeper: { layer: 2, rooms: ['domain', 'runtime', 'host', 'messages-app'], packages: [] },
  lookout: { layer: 2, rooms: ['domain', 'runtime', 'host'], packages: [] },
  installation: { layer: 2, rooms: ['runtime', 'host', 'store'], packages: ['plist', 'zod'] },
  doctor: {
    layer: 2,
    rooms: ['domain', 'runtime', 'host', 'messages-app', 'messages-db'],
    packages: [],
  },
  outbox: {
    layer: 3,
    rooms: ['domain', 'runtime', 'store', 'events', 'messages-app', 'deliverability'],
    packages: [],
  },
  http: {
    layer: 4,
    rooms: ['domain', 'runtime', 'contract', 'store', 'events'],
    packages: [
      'fastify',
      'fastify-type-provider-zod',
      '@fastify/multipart',
      '@fastify/swagger',
      '@scalar/fastify-api-reference',
      'marked',
      'ws',
      'zod',
    ],
  },
  simulator: { layer: 4, rooms: ['domain', 'runtime'], packages: ['better-sqlite3', 'zod'] },
  export: { layer: 4, rooms: ['domain', 'runtime', 'contract', 'messages-db'], packages: [] },
  cli: {
    layer: 5,
    rooms: [
      'domain',
      'runtime',
      'config',
      'contract',
      'store',
      'webhooks',
      'host',
      'installation',
      'doctor',
      'messages-app',
      'messages-db',
      'http',
      'simulator',
      'export',
      'bridge.ts',
    ],
    packages: [
      '@bomb.sh/tab',
      'commander',
      'picocolors',
      'cli-table3',
      'ws',
      'yaml',
      'zod',
      'close-with-grace',
    ],
  },
};
/** `src/*.ts`: the composition root may use every room but the CLI; the process uses the CLI alone. */
const ROOT_FILES: Readonly<Record<string, readonly string[]>> = {
  'bridge.ts': [
    'bridge-cards.ts',
    'bridge-health.ts',
    'bridge-erasure.ts',
    'bridge-metrics.ts',
    'bridge-operations.ts',
    'bridge-store.ts',
    'bridge-link.ts',
    'bridge-sent.ts',
    'bridge-upkeep.ts',
    ...Object.keys(TABLE).filter(
      (room) => !['cli', 'client', 'simulator', 'export', 'installation', 'doctor'].includes(room),
    ),
  ],
  'bridge-cards.ts': [
    'runtime',
    'config',
    'store',
    'inbox',
    'outbox',
    'uploads',
    'contact-cards',
    'onboarding',
  ],
  'bridge-sent.ts': ['domain', 'runtime', 'store', 'messages-db', 'inbox', 'outbox'],
  'bridge-upkeep.ts': [
    'domain',
    'runtime',
    'config',
    'store',
    'host',
    'keeper',
    'lookout',
    'messages-app',
    'deliverability',
    'outbox',
  ],
  'bridge-operations.ts': [
    'domain',
    'runtime',
    'config',
    'contract',
    'doctor',
    'health',
    'host',
    'http',
    'lookout',
    'messages-app',
    'messages-db',
  ],
  'bridge-erasure.ts': [
    'webhooks',
    'domain',
    'runtime',
    'contract',
    'events',
    'outbox',
    'uploads',
    'bridge-store.ts',
  ],
  'bridge-metrics.ts': [
    'domain',
    'runtime',
    'capture',
    'controller-link',
    'deliverability',
    'events',
    'health',
    'metrics',
    'outbox',
    'store',
    'webhooks',
  ],
  'bridge-store.ts': ['domain', 'runtime', 'capture', 'events', 'messages-db', 'outbox', 'store'],
  'bridge-health.ts': [
    'domain',
    'runtime',
    'contract',
    'controller-link',
    'health',
    'keeper',
    'lookout',
    'messages-app',
    'events',
    'deliverability',
    'capture',
    'outbox',
    'inbox',
    'uploads',
    'webhooks',
    'bridge-store.ts',
  ],
  'bridge-link.ts': [
    'bridge-health.ts',
    'runtime',
    'contract',
    'controller-link',
    'deliverability',
    'health',
    'http',
    'inbox',
    'messages-app',
    'outbox',
  ],
  'main.ts': ['cli'],
};

/** Second doors, for what must not load all that is behind the first. */
const SECOND_DOORS: ReadonlySet<string> = new Set([
  join(SRC, 'config/environment.ts'),
  join(SRC, 'contract/mapping.ts'),
]);

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? sourceFiles(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const parsed = parseSync(file, readFileSync(file, 'utf8'));
  const { staticImports, staticExports, dynamicImports } = parsed.module;
  const text = readFileSync(file, 'utf8');
  const reexports = staticExports
    .flatMap((item) => item.entries)
    .flatMap((entry) => (entry.moduleRequest === null ? [] : [entry.moduleRequest.value]));
  const dynamic = dynamicImports.map((item) =>
    text.slice(item.moduleRequest.start, item.moduleRequest.end).replaceAll(/['"]/gu, ''),
  );
  const required = [
    ...text.matchAll(/(?:createRequire\(import\.meta\.url\)|import\.meta\.resolve)\('([^']+)'\)/gu),
  ];
  const lazy = required.flatMap(([, specifier]) => specifier ?? []);
  return [...staticImports.map((item) => item.moduleRequest.value), ...reexports, ...dynamic, ...lazy].map(
    (specifier) => ({
      file,
      specifier,
    }),
  );
}

/** `src/http/routes/x.ts` → `http`; `src/bridge.ts` → `bridge.ts`. */
function roomOf(path: string): string {
  return relative(SRC, path).split('/')[0] ?? '';
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** Why an import breaks the table, or `null`. */
function breach({ file, specifier }: Import): string | null {
  const room = roomOf(file);
  const from = relative(ROOT, file);
  if (specifier.startsWith('node:')) {
    return room === 'domain' ? `${from} imports ${specifier}: the domain imports nothing` : null;
  }
  if (!specifier.startsWith('.')) {
    const allowed = TABLE[room]?.packages ?? [];
    return allowed.includes(packageOf(specifier)) || ROOT_FILES[room] !== undefined
      ? null
      : `${from} imports the package ${specifier}, which ${room} may not`;
  }
  const target = resolve(dirname(file), specifier);
  const targetRoom = roomOf(target);
  if (targetRoom === room) {
    return target === join(SRC, room, 'index.ts') ? `${from} imports its own index` : null;
  }
  const allowed = TABLE[room]?.rooms ?? ROOT_FILES[room] ?? [];
  if (!allowed.includes(targetRoom)) {
    return `${from} imports ${targetRoom}: ${room} may import only ${allowed.join(', ') || 'nothing'}`;
  }
  const isIndex =
    SECOND_DOORS.has(target) ||
    target === join(SRC, targetRoom, 'index.ts') ||
    target === join(SRC, targetRoom);
  return isIndex ? null : `${from} reaches into ${targetRoom}: other rooms import its index.ts only`;
}

describe('the house', () => {
  const all = sourceFiles(SRC);
  const files = all.filter((file) => !/(?:\.test|\/(?:test|sample)-[^/]*)\.ts$/u.test(file));

  it('is looked at: there are files, and imports in them', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it('has a row in the table for every room, and a room for every row', () => {
    const rooms = readdirSync(SRC).filter((name) => statSync(join(SRC, name)).isDirectory());
    expect(rooms.toSorted()).toEqual(Object.keys(TABLE).toSorted());
  });

  it('lets the table point downward only', () => {
    for (const [room, { layer, rooms }] of Object.entries(TABLE)) {
      for (const below of rooms.filter((name) => TABLE[name] !== undefined && layer > 0)) {
        expect(TABLE[below]?.layer, `${room} → ${below}`).toBeLessThan(layer);
      }
    }
  });

  it('imports as the table says', () => {
    expect(files.flatMap(importsOf).flatMap((item) => breach(item) ?? [])).toEqual([]);
  });

  it('would notice a breach of each kind', () => {
    const file = join(SRC, 'events/journal.ts');
    expect(breach({ file, specifier: '../http/index.ts' })).toMatch(/may import only/u);
    expect(breach({ file, specifier: '../store/store.ts' })).toMatch(/index\.ts only/u);
    expect(breach({ file, specifier: 'fastify' })).toMatch(/may not/u);
    expect(breach({ file, specifier: './index.ts' })).toMatch(/own index/u);
    expect(breach({ file: join(SRC, 'domain/ids.ts'), specifier: 'node:fs' })).toMatch(/imports nothing/u);
  });

  it('says at the head of each index what the room is for', () => {
    for (const room of Object.keys(TABLE)) {
      expect(readFileSync(join(SRC, room, 'index.ts'), 'utf8'), room).toMatch(/^\/\*\*/u);
    }
  });

  it('exports by name, never everything', () => {
    for (const file of all) {
      expect(readFileSync(file, 'utf8'), file).not.toMatch(/^export \*/mu);
    }
  });

  it('keeps files small and calls none of them after nothing', () => {
    const lengths = files
      .map((file) => readFileSync(file, 'utf8').split('\n').length)
      .toSorted((a, b) => a - b);
    expect(lengths.at(-1)).toBeLessThanOrEqual(400);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(130);
    for (const file of files) {
      expect(relative(SRC, file)).not.toMatch(
        /(?:^|\/)(?:utils?|helpers?|shared|common|core|misc)(?:\/|\.ts$)/u,
      );
    }
  });

  it('reads the environment in one place and leaves the process to two files', () => {
    const readers = files.filter((file) => /process\.env\b/u.test(readFileSync(file, 'utf8')));
    expect(readers.map((file) => relative(SRC, file))).toEqual(['config/environment.ts']);
  });

  it('holds no template text in the AppleScripts: values come in as arguments', () => {
    const scripts = readdirSync(join(SRC, 'messages-app/scripts'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const name of scripts) {
      expect(readFileSync(join(SRC, 'messages-app/scripts', name), 'utf8'), name).toMatch(
        new RegExp(`^-- blueline ${name.replace('.applescript', '')} \\d+\\n`, 'u'),
      );
    }
  });
});

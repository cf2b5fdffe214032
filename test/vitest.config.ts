import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // The suites boot real processes and sockets: a busy two-core machine needs room, a hang must still end.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: ['test/share-compiled-code.ts', 'test/look-through-logs.ts'],
    pool: 'forks',
    maxWorkers: 2,
  },
});

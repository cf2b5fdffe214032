import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    // The suites boot real processes and sockets: a busy two-core machine needs room, a hang must still end.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: ['test/share-compiled-code.ts', 'test/look-through-logs.ts'],
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      // Two hundred files of small tests: a process for each would take a minute of the run. They mock no module.
      { extends: true, test: { name: 'parts', include: ['src/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts'] } },
    ],
  },
});

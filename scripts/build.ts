/**
 * Makes `dist/blueline`, a folder that runs on any machine of this kind by itself: the sources, which Node reads as
 * they are, the packages that they need, and the pinned Node. Downloads nothing and compiles nothing.
 */
import { fileURLToPath } from 'node:url';
import { appFiles, assembleApp, readSource } from '../src/installation/index.ts';
import { BluelineError } from '../src/runtime/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/u, '');
const target = process.argv[2] ?? `${ROOT}/dist/blueline`;

try {
  const source = readSource(ROOT);
  const files = appFiles(source);
  await assembleApp(files, target);
  const megabytes = Math.round(files.reduce((sum, file) => sum + file.bytes, 0) / 1_000_000);
  console.log(`${target}: Blueline ${source.version}, ${files.length} files, ${megabytes} MB`);
  console.log(`Run it: ${target}/bin/node ${target}/src/main.ts`);
} catch (error) {
  if (!(error instanceof BluelineError)) {
    throw error;
  }
  console.error(`${error.message} ${error.advice ?? ''}`);
  process.exitCode = 1;
}

import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { AppSource } from './app-source.ts';

/** One file of the app. */
export interface AppFile {
  readonly from: string;
  /** Inside the app, with slashes. */
  readonly to: string;
  readonly bytes: number;
}

/** What a checkout has beside its packages and Node. The databases are for `blueline simulate`. */
const PARTS = ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'src', 'launchd', 'fixtures/chat-db'];
/** Tests, and what only they use. */
const LEFT_OUT = /^src\/(?:.*\/)?(?:test-[^/]*|[^/]*\.test)\.ts$/u;
/** Of packages: Node runs no TypeScript there, and nothing is compiled or debugged on a mini. */
const NEVER_RUN = /\.(?:[cm]?ts|map|c|cc|cpp|h|hpp|gyp|gypi)$/u;

/** Every file of a source that belongs to the app, by its place. */
export function appFiles(source: AppSource): readonly AppFile[] {
  const { root, node } = source;
  const files =
    source.kind === 'built'
      ? filesBelow(root)
      : [
          ...PARTS.flatMap((part) => filesBelow(join(root, part))).filter(
            (file) => !LEFT_OUT.test(relative(root, file)),
          ),
          ...source.packages
            .flatMap((path) => filesBelow(join(root, path), 'node_modules'))
            .filter((file) => !NEVER_RUN.test(file)),
        ];
  const listed = files.map((from) => ({ from, to: relative(root, from), bytes: statSync(from).size }));
  const own = source.kind === 'built' ? [] : [{ from: node, to: 'bin/node', bytes: statSync(node).size }];
  return [...listed, ...own].toSorted((a, b) => (a.to < b.to ? -1 : 1));
}

/** The files in a folder, or the file itself. What a package keeps under `without` is a package of its own. */
function filesBelow(path: string, without?: string): string[] {
  if (statSync(path).isFile()) {
    return [path];
  }
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const below = join(path, entry.name);
    if (entry.isDirectory()) {
      return entry.name === without ? [] : filesBelow(below, without);
    }
    return entry.isFile() ? [below] : [];
  });
}

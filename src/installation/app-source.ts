import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { BluelineError } from '../runtime/index.ts';
import { mainIn, nodeIn } from './layout.ts';

/** Where a version of Blueline can be taken from. */
export type AppSource = {
  readonly root: string;
  readonly version: string;
  /** The Node that belongs to it. */
  readonly node: string;
} & (
  | { readonly kind: 'built' }
  | {
      readonly kind: 'checkout';
      /** Folders of the packages that it needs to run, relative to the root. */
      readonly packages: readonly string[];
    }
);

const manifestSchema = z.looseObject({
  name: z.literal('blueline'),
  version: z.string().regex(/^\d+\.\d+\.\d+[\w.+-]*$/u),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      dev: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
});

/**
 * A folder that holds Blueline: one that `npm run build` made, or a checkout with its packages.
 * @throws BluelineError `no_such_version` if it is neither, `packages_missing` if the packages are not those of the lock file.
 */
export function readSource(root: string): AppSource {
  const manifest = manifestSchema.safeParse(readJson(join(root, 'package.json')));
  if (!manifest.success || !existsSync(mainIn(root))) {
    throw new BluelineError('no_such_version', `There is no Blueline in ${root}.`, {
      advice: 'Name a checkout, or a folder that `npm run build` made.',
    });
  }
  const { version, optionalDependencies } = manifest.data;
  if (existsSync(nodeIn(root))) {
    return { kind: 'built', root, version, node: nodeIn(root) };
  }
  // The optional dependencies are Node itself, for one kind of machine each: of them the file alone is taken.
  const packages = neededPackages(root, new Set(Object.keys(optionalDependencies)));
  const node = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(node)) {
    throw missing(root, 'node');
  }
  return { kind: 'checkout', root, version, node: realpathSync(node), packages };
}

function neededPackages(root: string, left: ReadonlySet<string>): readonly string[] {
  const lock = lockSchema.safeParse(readJson(join(root, 'package-lock.json')));
  if (!lock.success) {
    throw missing(root, 'package-lock.json');
  }
  return Object.entries(lock.data.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && !left.has(path.replace('node_modules/', '')))
    .flatMap(([path, { version, optional }]) => {
      const found = z
        .looseObject({ version: z.string() })
        .safeParse(readJson(join(root, path, 'package.json')));
      if (!found.success && optional === true) {
        return [];
      }
      if (!found.success || found.data.version !== version) {
        throw missing(root, path);
      }
      return [path];
    });
}

function missing(root: string, what: string): BluelineError {
  return new BluelineError(
    'packages_missing',
    `The packages in ${root} are not those of its lock file (${what}).`,
    {
      advice: 'Run `npm ci` there, then try again.',
    },
  );
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

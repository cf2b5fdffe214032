import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Ended } from '../../src/cli/test-terminal.ts';

/** launchd's name for the agent. */
export const LABEL = 'dev.blueline.bridge';

const stepSchema = z.looseObject({
  do: z.string(),
  path: z.string().optional(),
  to: z.string().optional(),
  command: z.array(z.string()).optional(),
  files: z.array(z.looseObject({ to: z.string() })).optional(),
});
/** What `blueline install --dry-run` prints. */
export const planSchema = z.looseObject({
  version: z.string(),
  steps: z.object({
    prepare: z.array(stepSchema),
    swap: z.array(stepSchema),
    go_back: z.array(stepSchema),
    finish: z.array(stepSchema),
  }),
  plist: z.object({ path: z.string(), xml: z.string(), fields: z.record(z.string(), z.unknown()) }),
  left_to_do: z.array(z.looseObject({ check: z.string(), pane: z.string().nullable() })),
});
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** The code and the sentence with which a command failed. */
export const codeOf = ({ stderr }: Ended) =>
  errorSchema.parse(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).error;

/** Every file below a folder, by its path in it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

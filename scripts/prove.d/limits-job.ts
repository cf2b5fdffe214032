import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BREAKS, isBreakable } from './limits-breaks.ts';
import { proveCrowded } from './limits-crowded.ts';
import { proveScenario, type Proof } from './limits-prove.ts';
import { scenarios } from './limits-scenarios.ts';
import { isPreset, type PresetInTable } from './limits-table.ts';

/** One play, told so that it can be handed to a process. */
export type Job = z.infer<typeof jobSchema>;

const jobSchema = z.object({
  folder: z.string(),
  seed: z.number(),
  /** The rule whose number is loosened for the daemon. */
  broken: z.string().nullable(),
  play: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('scenario'),
      name: z.string(),
      scale: z.number(),
      preset: z.custom<PresetInTable>(isPreset),
    }),
    z.object({ kind: z.literal('crowded') }),
  ]),
});

type FromJob = { readonly share: number } | { readonly proof: Proof };

/** Plays it in a process of its own, which ends with this one. */
export function runJob(job: Job, onProgress: (share: number) => void): Promise<Proof> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [], { serialization: 'advanced' });
    child.on('message', (message: FromJob) => {
      if ('proof' in message) {
        resolve(message.proof);
      } else {
        onProgress(message.share);
      }
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`A play ended without a result (${code}).`)));
    child.send(job);
  });
}

async function play({ folder, seed, broken, play: what }: Job): Promise<Proof> {
  if (broken !== null && !isBreakable(broken)) {
    throw new Error(`There is no rule ${broken} to loosen.`);
  }
  if (what.kind === 'crowded') {
    return proveCrowded({ folder, seed, broken: broken === null ? [] : [broken] });
  }
  const scenario = scenarios(what.scale).find(({ name }) => name === what.name);
  if (scenario === undefined) {
    throw new Error(`There is no play ${what.name}.`);
  }
  let shown = 0;
  return proveScenario({
    scenario,
    preset: what.preset,
    seed,
    folder,
    overrides: broken === null ? {} : BREAKS[broken],
    onProgress: (share) => {
      if (share - shown >= 0.01) {
        shown = share;
        tell({ share });
      }
    },
  });
}

function tell(message: FromJob): void {
  process.send?.(message);
}

// Asked by `runJob`; whoever imports this file asks nothing.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (job) => {
    void play(jobSchema.parse(job)).then((proof) => {
      tell({ proof });
      process.disconnect?.();
    });
  });
  process.once('disconnect', () => process.exit());
}

/** One storm of `prove:keeper`, in a process of its own: its data folder may lie on a disk that only it sees. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cleanUp } from '../../test/support/cleanup.ts';
import { watchChildren } from './keeper-children.ts';
import { judge } from './keeper-judge.ts';
import { planStorm } from './keeper-plan.ts';
import { Storm } from './keeper-storm.ts';
import { World } from './keeper-world.ts';
import { seededRandom } from './random.ts';

/** As `prove-keeper.ts` gives it. */
const jobSchema = z.object({
  seed: z.int(),
  faults: z.int(),
  only: z.string().nullable(),
  folder: z.string(),
  home: z.string(),
  hasSmallDisk: z.boolean(),
  isQuiet: z.boolean(),
  logLevel: z.enum(['silent', 'info', 'debug']),
});
/** 2026-03-02, a Monday, 09:00 UTC: a run is the same whenever it is made. */
const START_MS = Date.UTC(2026, 2, 2, 9);

const job = jobSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const random = seededRandom(job.seed);
const timeFile = join(job.folder, 'time');
const world = await World.start({
  ...job,
  timeFile,
  children: watchChildren(timeFile),
  startMs: START_MS,
});
try {
  const storm = new Storm(world, random, (line) => (job.isQuiet ? undefined : console.log(line)));
  const evidence = await storm.run(planStorm(job.faults, random, job));
  const result = { evidence, breaches: judge(evidence), livedMs: world.clock.lived };
  writeFileSync(join(job.folder, 'result.json'), JSON.stringify(result));
} finally {
  await world.close();
  await cleanUp();
}
// Whatever the daemon has left open would hold this process; a storm is over when it is judged.
process.exit(0);

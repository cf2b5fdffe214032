/**
 * Whether a daemon stays as it is under steady traffic: `npm run soak [-- --minutes 10 --inbound 20 --sends 5 --json]`.
 *
 * Contacts of a simulated Mac write 20 texts a second, and a client asks for 5 sends a second, for so many minutes with
 * the limits `off`, and for as many under `balanced`, where most sends are refused or wait. All the while the daemon's
 * memory (of all its processes), its descriptors and the lag from a contact's text to the event at a reader are looked
 * at. Each has to be flat (see soak.d/flat.ts for the rule), each text has to be told once, and nothing may be received
 * twice. Ends with `N passed, N failed`. Needs Linux, for memory and descriptors are read from /proc.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './lib/options.ts';
import { runPhase, type PhaseResult, type Sample } from './soak.d/phase.ts';
import { judgePhase } from './soak.d/verdicts.ts';

const PRESETS = ['off', 'balanced'] as const;
/** Looks at the daemon in each phase; never more often than each second. */
const LOOKS = 60;
/** Of these, the ones that are printed. */
const PRINTED = 20;

const values = readOptions({
  minutes: { type: 'string', default: '10' },
  inbound: { type: 'string', default: '20' },
  sends: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
});
const minutes = Number(values.minutes);
const inboundRate = Number(values.inbound);
const sendRate = Number(values.sends);

if (!existsSync('/proc/self/smaps_rollup')) {
  console.error('This needs Linux: memory and descriptors are read from /proc.');
  process.exitCode = 2;
} else if (![minutes, inboundRate, sendRate].every((value) => Number.isFinite(value) && value > 0)) {
  console.error('--minutes, --inbound and --sends take numbers above 0.');
  process.exitCode = 2;
} else {
  await soak();
}

async function soak(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-soak-'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(130);
    });
  }
  // As JSON, the document alone is on stdout.
  const say = values.json ? console.error : console.log;
  const results: PhaseResult[] = [];
  try {
    for (const preset of PRESETS) {
      say(
        `\n${preset}: ${inboundRate} texts of contacts and ${sendRate} sends a second, for ${minutes} minutes`,
      );
      say(row(['minute', 'memory', 'heap', 'descriptors', 'lag p50', 'lag p99', 'queue']));
      let looks = 0;
      const sampleMs = Math.max(1_000, (minutes * 60_000) / LOOKS);
      const every = Math.max(1, Math.floor((minutes * 60_000) / sampleMs / PRINTED));
      results.push(
        await runPhase({
          preset,
          folder,
          minutes,
          inboundRate,
          sendRate,
          sampleMs,
          onSample: (sample) => {
            looks += 1;
            if (looks % every === 0) {
              say(sampleRow(sample));
            }
          },
        }),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const verdicts = results.flatMap(judgePhase);
  say('');
  for (const { sends, preset } of results) {
    const held = Object.entries(sends.refused).map(([rule, count]) => `${rule} ${count}`);
    say(`${preset}: refused ${held.length === 0 ? 'nothing' : held.join(', ')}`);
  }
  for (const { preset, name, passed, text } of verdicts) {
    say(`${passed ? '  ok  ' : 'FAILED'} ${preset.padEnd(9)} ${name.padEnd(12)} ${text}`);
  }
  const failed = verdicts.filter(({ passed }) => !passed).length;
  if (values.json) {
    console.log(JSON.stringify({ minutes, inboundRate, sendRate, results, verdicts }));
  }
  say(`${verdicts.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function sampleRow({ at, memoryBytes, heapBytes, descriptors, lagMs, lag99Ms, queued }: Sample): string {
  return row([
    at.toFixed(2),
    `${(memoryBytes / 1e6).toFixed(1)} MB`,
    `${(heapBytes / 1e6).toFixed(1)} MB`,
    String(descriptors),
    `${lagMs.toFixed(1)} ms`,
    `${lag99Ms.toFixed(1)} ms`,
    String(queued),
  ]);
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(12)).join('');
}

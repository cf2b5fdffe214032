/**
 * Throws broken blobs at everything that reads a blob of chat.db: `npm run prove:decoders [-- --seed S --blobs N]`.
 * Nothing may throw, no call may take more than 50 ms of CPU, memory must not grow, untouched blobs among the broken
 * ones must decode exactly, and a body with a single flipped bit outside its text must still give the text. Ends with
 * `N passed, N failed`.
 */
import { setFlagsFromString } from 'node:v8';
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import { decodeBody } from '../src/messages-db/index.ts';
import { readOptions } from './lib/options.ts';
import { flipBits } from './prove.d/bit-flips.ts';
import { makeBombs } from './prove.d/bombs.ts';
import { readCorpus, type Specimen } from './prove.d/corpus.ts';
import { MUTATION_NAMES, MUTATIONS } from './prove.d/mutate.ts';
import { seededRandom } from './prove.d/random.ts';
import { READERS } from './prove.d/readers.ts';
import { watchReaders } from './prove.d/watch.ts';

/** One untouched blob for so many broken ones. */
const CONTROL_EVERY = 50;
/** What may be held when everything has been let go: the collector is no clockwork. */
const MAX_GROWTH_BYTES = 16 * 1024 * 1024;
const MAX_RSS_BYTES = 400 * 1024 * 1024;

const values = readOptions({
  seed: { type: 'string', default: '1' },
  blobs: { type: 'string', default: '200000' },
});
const seed = Number(values.seed);
const wanted = Number(values.blobs);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(wanted) || wanted < 1000) {
  console.error('--seed takes a whole number, --blobs one from 1000 on.');
  process.exit(2);
}

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
const heapAfterCollection = () => {
  if (typeof collect === 'function') {
    collect();
  }
  return process.memoryUsage().heapUsed;
};

let passed = 0;
let failed = 0;
const check = (name: string, isOk: boolean, detail: string, findings: readonly string[] = []) => {
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  for (const finding of findings.slice(0, 10)) {
    console.log(`       ${finding}`);
  }
};

const startedAt = performance.now();
const random = seededRandom(seed);
const corpus = readCorpus();
const [first] = corpus;
if (first === undefined) {
  console.error('There is nothing to break.');
  process.exit(1);
}
const specimens: readonly [Specimen, ...Specimen[]] = [first, ...corpus.slice(1)];
const untouched = new Map(specimens.map((one) => [one, readAll(one)]));
const bodies = specimens.filter((one) => one.kind === 'body').length;
console.log(
  `${specimens.length} blobs to break: ${bodies} bodies, ${specimens.length - bodies} property lists; seed ${seed}`,
);

const watch = watchReaders();
const perMutation = new Map<string, number>();
const outcomes = new Map<string, number>();
const wrongControls: string[] = [];
let controls = 0;
let heapEarly = 0;
for (let index = 0; index < wanted; index += 1) {
  if (index === Math.floor(wanted / 5)) {
    heapEarly = heapAfterCollection();
  }
  const specimen = random.pick(specimens);
  const name = random.pick(MUTATION_NAMES);
  const broken = MUTATIONS[name](specimen.bytes, random, random.pick(specimens).bytes);
  perMutation.set(name, (perMutation.get(name) ?? 0) + 1);
  for (const [reader, read] of Object.entries(READERS[specimen.kind])) {
    const value = watch.run(reader, read, broken, `${name}, blob ${index}`);
    if (reader === 'decodeBody' && typeof value === 'object' && value !== null && 'outcome' in value) {
      outcomes.set(String(value.outcome), (outcomes.get(String(value.outcome)) ?? 0) + 1);
    }
  }
  if (index % CONTROL_EVERY === 0) {
    controls += 1;
    const control = random.pick(specimens);
    if (!isDeepStrictEqual(readAll(control), untouched.get(control))) {
      wrongControls.push(
        `blob ${index}: an untouched ${control.kind} of ${control.bytes.length} bytes reads differently`,
      );
    }
  }
}
const growth = heapAfterCollection() - heapEarly;
const rss = process.resourceUsage().maxRSS * 1024;

console.log(`  ${[...perMutation].map(([name, count]) => `${name} ${count}`).join(', ')}`);
console.log(`  bodies came out as: ${[...outcomes].map(([name, count]) => `${name} ${count}`).join(', ')}`);
check(
  'no reader throws',
  watch.thrown.length === 0,
  `${wanted} broken blobs, ${watch.calls} calls`,
  watch.thrown,
);
check('none takes over 50 ms', watch.slow.length === 0, `the slowest: ${watch.slowest}`, watch.slow);
check(
  'memory stays flat',
  growth < MAX_GROWTH_BYTES && rss < MAX_RSS_BYTES,
  `${(growth / 1e6).toFixed(1)} MB more held at the end than after a fifth, ${(rss / 1e6).toFixed(0)} MB at most`,
);
check(
  'untouched blobs among them read the same',
  wrongControls.length === 0,
  `${controls} looked at`,
  wrongControls,
);

const known = specimens.filter((one) => one.text !== null);
const wrongTexts = known.filter(({ bytes, text }) => {
  const read = decodeBody(bytes);
  return read.outcome !== 'decoded' || read.text !== text;
});
check('untouched bodies give the text that was written', wrongTexts.length === 0, `${known.length} bodies`);

const bombs = makeBombs();
const guarded = watchReaders();
for (const bomb of bombs) {
  for (const [reader, read] of Object.entries(READERS[bomb.kind])) {
    guarded.run(reader, read, bomb.bytes, bomb.name);
  }
}
check(
  'no bomb goes off',
  guarded.thrown.length === 0,
  `${bombs.length} bombs, ${guarded.calls} calls`,
  guarded.thrown,
);
check('no bomb takes over 50 ms', guarded.slow.length === 0, `the slowest: ${guarded.slowest}`, guarded.slow);

const printed = watch.printed + guarded.printed;
check('no reader prints anything', printed === 0, `${printed} pieces`);

const flips = flipBits(specimens, random);
const share = ((flips.exact * 100) / Math.max(1, flips.flips)).toFixed(3);
console.log(`  single bits outside the text: ${flips.exact} of ${flips.flips} still give it (${share} %)`);
for (const [name, count] of flips.lost) {
  console.log(`    ${name}: ${count}`);
}
check(
  'one flipped bit outside the text and its length leaves the text',
  flips.flips > 1000 && flips.inexcusable.length === 0,
  `${flips.flips} flips, ${flips.inexcusable.length} without the text`,
  flips.inexcusable,
);

console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readAll({ kind, bytes }: Specimen): readonly unknown[] {
  return Object.values(READERS[kind]).map((read) => read(bytes));
}

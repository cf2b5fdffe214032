import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the run of all tests collects what daemons have logged; set by `test/look-through-logs.ts`. */
export const LOG_FOLDER_VARIABLE = 'TEST_LOG_FOLDER';

const CANARIES = 'canaries.json';
/** Shorter words may stand in a sentence of the log by themselves. */
const SHORTEST = 10;
/** What may stand in no log, whoever wrote it. */
const NEVER: readonly (readonly [string, RegExp])[] = [
  ['a number', /\+\d{10,15}/u],
  ['an address', /[\w.+-]+@[\w-]+\.[a-z]{2,}/iu],
  ['a key', /blk_[0-9a-f]{16}_/u],
  ['a signed link', /signature=/u],
  ['a bearer header', /\bbearer\s+\S/iu],
];

/** Keeps what a daemon has logged, for the look at the end of the run. */
export function keepLog(name: string, text: string): void {
  write(`${name}.log`, text);
}

/** Notes words that tests hand to daemons and that no log may ever show. */
export function noteCanaries(...words: readonly unknown[]): void {
  const lines = words.flatMap((word) =>
    typeof word === 'string' && word.length >= SHORTEST ? [`${JSON.stringify(word)}\n`] : [],
  );
  write(CANARIES, lines.join(''));
}

function write(name: string, text: string): void {
  const folder = process.env[LOG_FOLDER_VARIABLE];
  if (folder !== undefined && text !== '') {
    appendFileSync(join(folder, name), text);
  }
}

export interface Look {
  readonly logs: number;
  readonly lines: number;
  readonly canaries: number;
  /** Where something stands that may not: the kind of it, never the thing itself. */
  readonly leaks: readonly string[];
}

export function lookThroughLogs(folder: string): Look {
  const names = readdirSync(folder);
  const canaries = names.includes(CANARIES)
    ? [...new Set(readFileSync(join(folder, CANARIES), 'utf8').trimEnd().split('\n'))].map(
        (line) => [line.slice(1, -1), String(JSON.parse(line))] as const,
      )
    : [];
  const logs = names
    .filter((name) => name.endsWith('.log'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')] as const);
  const leaks = logs.flatMap(([name, lines]) =>
    lines.flatMap((line, index) => {
      const kinds = [
        ...NEVER.filter(([, pattern]) => pattern.test(line)).map(([kind]) => kind),
        ...(canaries.some((spellings) => spellings.some((word) => line.includes(word)))
          ? ['what a test had sent']
          : []),
      ];
      return kinds.map((kind) => `${name}, line ${index + 1}: ${kind}`);
    }),
  );
  const lines = logs.reduce((sum, [, all]) => sum + all.length, 0);
  return { logs: logs.length, lines, canaries: canaries.length, leaks };
}

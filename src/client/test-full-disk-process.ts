import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DurableMap } from './durable-map.ts';

/** Runs on a small disk, whose folder is its argument: the disk runs full under a map, and has room again. */
const [, , folder = ''] = process.argv;
const path = join(folder, 'map');
const filler = join(folder, 'filler');
const open = () => new DurableMap(path, z.string());

const map = open();
map.set('a', 'before');
let refused = 0;
for (let size = 32_768; size >= 1; size = Math.floor(size / 2)) {
  try {
    for (;;) {
      writeFileSync(filler, 'x'.repeat(size), { flag: 'a' });
    }
  } catch {
    // Smaller pieces still fit.
  }
}
for (let index = 0; index < 3; index += 1) {
  try {
    map.set('b', 'y'.repeat(8_000));
  } catch {
    refused += 1;
  }
}
rmSync(filler);
map.set('c', 'after');
const lengths = [...open().entries()].map(([key, text]) => [key, text.length]);
process.stdout.write(JSON.stringify({ refused, lengths }));

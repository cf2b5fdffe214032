/** Loaded ahead of capture's reading process and of the simulated Mac: one machine has one time of day, that of the storm's clock. */
import { openSync, readSync } from 'node:fs';

const file = openSync(process.env['BLUELINE_PROVE_TIME'] ?? '', 'r');
const word = new Float64Array(1);

Date.now = () => {
  readSync(file, word, 0, 8, 0);
  return Math.floor(word[0] ?? 0);
};

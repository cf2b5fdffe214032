import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../runtime/index.ts';
import { mendStore } from './mend-store.ts';

/** Mends a copy of a store in a folder of which only this process may know what lies there, and tells what came of it. */
const [, , store = '', folder = ''] = process.argv;
copyFileSync(store, join(folder, 'blueline.db'));
let code = 'none';
try {
  mendStore(folder, Date.UTC(2026, 0, 1));
} catch (error) {
  code = errorCode(error);
}
process.stdout.write(JSON.stringify({ code, names: readdirSync(folder) }));

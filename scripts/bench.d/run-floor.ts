/** Reads the same rows of one database plainly, and tells what that took. */
import { readPlainly } from './floor.ts';
import { report } from './report.ts';

const [database = ''] = process.argv.slice(2);
await report(() => Promise.resolve(readPlainly(database)));

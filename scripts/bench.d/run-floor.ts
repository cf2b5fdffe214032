/** Reads the rows of one database plainly, and prints how many there were. */
import { readPlainly } from './floor.ts';

const [database = ''] = process.argv.slice(2);
console.log(readPlainly(database));

/** Writes the OpenAPI document of this tree to `fixtures/contract/openapi.json`: `npm run contract`, after a change of the wire that is meant. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CONTRACT_FILE, describedApi } from '../test/support/described-api.ts';

mkdirSync(dirname(CONTRACT_FILE), { recursive: true });
writeFileSync(CONTRACT_FILE, `${JSON.stringify(await describedApi(), null, 2)}\n`);
console.log(`Written: ${CONTRACT_FILE}`);

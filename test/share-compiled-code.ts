import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Around the whole run: hundreds of processes are started from the same sources, and what Node has made of them once
 * serves the others. Every run begins without.
 */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-code-'));
  process.env['NODE_COMPILE_CACHE'] = folder;
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

import type { Host } from './host.ts';
import { outputOf } from './tool-end.ts';

const SERVER = 'time.apple.com';
/** It asks over the network, and gives up by itself before this. */
const TIMEOUT_MS = 8_000;

/** How far this Mac's clock is off, in seconds (positive: it is behind); `null` where no time server answers. */
export async function readClockOffset(host: Host): Promise<number | null> {
  const said = outputOf(await host.run('sntp', ['-t', '3', SERVER], { timeoutMs: TIMEOUT_MS }));
  // `+0.003423 +/- 0.012 time.apple.com 17.253.52.125`
  const offset = /([+-]\d+(?:\.\d+)?) \+\/- /u.exec(said ?? '')?.[1];
  return offset === undefined ? null : Number(offset);
}

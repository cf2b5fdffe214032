/**
 * An example of a controller, on what `blueline/client` offers: `scripts/controller [--port 5480] [--folder DIR]`. It lets
 * bridges in, prints what they tell, and takes orders on its standard input. What it keeps (its token, how far it has come
 * with each bridge, which contact belongs to which line) is in one folder, and outlives it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pc from 'picocolors';
import { ControllerServer, FileAssignmentStore, FileCursorStore } from '../../src/client/index.ts';
import { readOptions } from '../lib/options.ts';
import { carryOut, HELP } from './orders.ts';
import { eventLine, healthLine, noticeLine } from './print.ts';

const values = readOptions(
  {
    port: { type: 'string', default: '5480' },
    folder: { type: 'string', default: join(tmpdir(), 'blueline-controller') },
  },
  HELP,
);
await run(values.folder, Number(values.port));

async function run(folder: string, port: number): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tokenFile = join(folder, 'token');
  if (!existsSync(tokenFile)) {
    writeFileSync(tokenFile, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  }
  const told = new Map<string, string>();
  const server = new ControllerServer({
    token: readFileSync(tokenFile, 'utf8').trim(),
    cursors: new FileCursorStore(join(folder, 'cursors')),
    assignments: new FileAssignmentStore(join(folder, 'contacts')),
    onCapacityLow: ({ full, lines }) => console.log(pc.yellow(`pool  ${full} of ${lines} lines are full`)),
    onEvent: (event, { bridgeId }) => console.log(eventLine(bridgeId, event)),
    onGap: ({ from, to, reason }, bridgeId) =>
      console.log(pc.yellow(`${bridgeId}  gap: ${reason}, ${from} to ${to} are missing`)),
    onProblem: (error, bridgeId) => console.error(pc.red(`${bridgeId}  ${String(error)}`)),
    onNotice: (notice) => {
      const { bridgeId } = notice;
      const line = notice.type === 'bridge.health' ? healthLine(server.bridge(bridgeId)) : noticeLine(notice);
      // Reports come each 15 seconds; only what is new in them is worth a line.
      if (line !== null && (notice.type !== 'bridge.health' || told.get(bridgeId) !== line)) {
        console.log(line);
        if (notice.type === 'bridge.health') {
          told.set(bridgeId, line);
        }
      }
    },
  });
  const { url } = await server.listen({ port });
  console.log(`The controller listens at ${pc.bold(url)}. Let a bridge report to it:

  BLUELINE_CONTROLLER_URL=${url} BLUELINE_CONTROLLER_TOKEN_FILE=${tokenFile} scripts/demo

Type ${pc.bold('help')} for what can be ordered; Ctrl-C ends it.
`);
  const input = createInterface({ input: process.stdin });
  const end = () => input.close();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  for await (const line of input) {
    const answer = await carryOut(line.trim(), server);
    if (answer === 'quit') {
      break;
    }
    console.log(answer);
  }
  // What nobody reads any more would keep the process.
  process.stdin.destroy();
  await server.close();
}

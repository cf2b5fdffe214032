import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControllerServer, MemoryCursorStore } from '../../src/client/index.ts';
import { atEnd } from './cleanup.ts';
import { SECOND, type Play } from './health-acts.ts';
import type { HealthBench } from './health-bench.ts';

const TOKEN = 'the-token-of-this-bridge';

let controller: { readonly server: ControllerServer; readonly port: number } | null = null;

/** @param port 0: any that is free */
async function open(port: number): Promise<string> {
  const server = new ControllerServer({
    cursors: new MemoryCursorStore(),
    token: TOKEN,
    onEvent: () => undefined,
  });
  const { url } = await server.listen({ port });
  controller = { server, port: Number(new URL(url).port) };
  atEnd(() => server.close());
  return url;
}

const tokenFile = ({ home }: HealthBench) => join(home, 'controller.token');
const giveToken = (bench: HealthBench, token: string) =>
  writeFileSync(tokenFile(bench), token, { mode: 0o600 });

/** The bridge as it starts with a controller, and with whatever stands in the file of its token. */
async function report(bench: HealthBench): Promise<void> {
  await bench.restart({
    BLUELINE_CONTROLLER_URL: await open(0),
    BLUELINE_CONTROLLER_TOKEN_FILE: tokenFile(bench),
  });
}

/** What goes wrong between a bridge and a real controller. */
export const LINK_PLAYS = {
  controller_token_unusable: {
    cause: (bench) => {
      rmSync(tokenFile(bench), { force: true });
      return report(bench);
    },
    cure: (bench) => giveToken(bench, TOKEN),
  },
  controller_refused: {
    cause: (bench) => {
      giveToken(bench, 'the-token-of-another-bridge');
      return report(bench);
    },
    cure: (bench) => giveToken(bench, TOKEN),
  },
  controller_unreachable: {
    cause: async (bench) => {
      giveToken(bench, TOKEN);
      await report(bench);
      await controller?.server.close();
      await bench.pass(21 * SECOND);
    },
    cure: () => open(controller?.port ?? 0),
  },
} as const satisfies Readonly<Record<string, Play>>;

import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ControllerServer, FileCursorStore } from '../src/client/index.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { RoughWorld, TOKEN } from './support/rough-world.ts';

/** The program is a controller, which the bridge dials. */
class LinkWorld extends RoughWorld {
  readonly #server = new ControllerServer({
    cursors: new FileCursorStore(join(this.folder, 'cursors')),
    token: TOKEN,
    timers: this.clock,
    onEvent: async ({ sequence, id }) => {
      if (this.random() < 0.1) {
        await new Promise(setImmediate);
      }
      this.handled.push({ sequence, id });
    },
  });
  #url = '';

  async open(): Promise<void> {
    const { url } = await this.#server.listen({ port: 0 });
    this.proxy.port = Number(new URL(url).port);
    this.#url = `ws://127.0.0.1:${await this.proxy.listen()}/bridges`;
    await this.boot();
  }

  protected override give(id: string, command: 'line.resume' | 'message.send', body: object): void {
    const lasting = { commandId: id, expiresAt: this.expiresAt };
    void this.#server.command('mini-1', command, body, lasting).then(({ result }) => {
      this.answered(id, result);
    });
  }

  protected override controllerUrl(): string {
    return this.#url;
  }

  protected override booted(): Promise<void> {
    return Promise.resolve();
  }

  protected override endProgram(): Promise<void> {
    return this.#server.close();
  }
}

describe('the controller link through a network that cuts, freezes, holds back and repeats', () => {
  afterEach(cleanUp);

  it.each([1, 2])(
    'loses and doubles no event, and has no command carried out twice, in five minutes with kills (seed %i)',
    async (seed) => {
      const world = new LinkWorld(seed);
      atEnd(() => world.close());
      await world.open();
      await world.run();
      expect(world.tooEasy()).toEqual([]);
      expect(world.findings()).toEqual([]);
    },
    90_000,
  );
});

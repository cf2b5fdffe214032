import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BluelineClient, type Timers } from '../src/client/index.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import type { LinkedBridge } from './support/linked-bridge.ts';
import { RoughWorld } from './support/rough-world.ts';

/** The bridge sends a heartbeat each 15 s. */
const SILENCE_MS = 40_000;
const HANDSHAKE_MS = 10_000;
const REDIAL_MS = 300;

/** Gives commands over the event stream, and again over each new connection, until each has its answer. */
class Commander {
  readonly #url: string;
  readonly #key: string;
  readonly #timers: Timers;
  readonly #onResult: (id: string, result: string) => void;
  readonly #pending = new Map<string, string>();
  #socket: WebSocket | null = null;
  #isOver = false;

  constructor(url: string, key: string, timers: Timers, onResult: (id: string, result: string) => void) {
    this.#url = url;
    this.#key = key;
    this.#timers = timers;
    this.#onResult = onResult;
    this.#dial();
  }

  give(id: string, frame: object): void {
    const text = JSON.stringify({ type: 'command', command_id: id, ...frame });
    this.#pending.set(id, text);
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(text);
    }
  }

  end(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  #dial(): void {
    const socket = new WebSocket(`${this.#url}/v1/events/stream?types=bridge.gap`, {
      headers: { authorization: `Bearer ${this.#key}` },
      perMessageDeflate: false,
    });
    this.#socket = socket;
    let heardAt = this.#timers.now();
    const heard = () => {
      heardAt = this.#timers.now();
    };
    const watch = this.#timers.every(1_000, () => {
      const limit = socket.readyState === WebSocket.OPEN ? SILENCE_MS : HANDSHAKE_MS;
      if (this.#timers.now() - heardAt > limit) {
        socket.terminate();
      }
    });
    socket.on('error', () => undefined);
    socket.on('ping', heard);
    socket.on('open', () => {
      heard();
      for (const text of this.#pending.values()) {
        socket.send(text);
      }
    });
    socket.on('message', (data: Buffer) => {
      heard();
      const frame: { type: string; command_id: string; result: string } = JSON.parse(data.toString('utf8'));
      if (frame.type === 'command_result') {
        this.#pending.delete(frame.command_id);
        this.#onResult(frame.command_id, frame.result);
      }
    });
    socket.on('close', () => {
      watch.cancel();
      if (!this.#isOver) {
        this.#timers.after(REDIAL_MS, () => this.#dial());
      }
    });
  }
}

/** The program is a client, which dials the bridge: it follows the stream as a subscriber, and commands over another. */
class StreamWorld extends RoughWorld {
  readonly #stop = new AbortController();
  #commander: Commander | null = null;
  #following: Promise<void> = Promise.resolve();

  async open(): Promise<void> {
    const url = `http://127.0.0.1:${await this.proxy.listen()}`;
    await this.boot();
    const { key } = this.bridge.keys.create({ name: 'program' });
    this.#following = this.#follow(url, key);
    this.#commander = new Commander(url.replace('http', 'ws'), key, this.clock, (id, result) =>
      this.answered(id, result),
    );
  }

  async #follow(url: string, key: string): Promise<void> {
    const client = new BluelineClient({ url, key, timers: this.clock });
    const { signal } = this.#stop;
    for await (const item of client.events({ after: 0, subscriber: 'program', signal })) {
      if (this.random() < 0.1) {
        await new Promise(setImmediate);
      }
      if (item.kind === 'event') {
        this.handled.push({ sequence: item.event.sequence, id: item.event.id });
      }
    }
  }

  protected override give(id: string, command: string, body: object): void {
    this.#commander?.give(id, { command, body, expires_at: this.expiresAt });
  }

  protected override controllerUrl(): null {
    return null;
  }

  protected override async booted(bridge: LinkedBridge): Promise<void> {
    const { url } = await bridge.http.listen();
    this.proxy.port = Number(new URL(url).port);
  }

  protected override endProgram(): Promise<void> {
    this.#commander?.end();
    this.#stop.abort();
    return this.#following;
  }
}

describe('the event stream through a network that cuts, freezes, holds back and repeats', () => {
  afterEach(cleanUp);

  it('loses and doubles no event, and has no command carried out twice, in five minutes with kills', async () => {
    const world = new StreamWorld(4);
    atEnd(() => world.close());
    await world.open();
    await world.run();
    expect(world.tooEasy()).toEqual([]);
    expect(world.findings()).toEqual([]);
  }, 90_000);
});

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { FrameSplitter } from './frame-splitter.ts';

/** A connection through the proxy: two sockets, and what passes between them. */
interface Passage {
  readonly near: Socket;
  readonly far: Socket;
  isFrozen: boolean;
}

interface ProxyOptions {
  /** Where to; may be said later. */
  readonly port?: number;
  /** Whether this WebSocket frame is to arrive twice. */
  readonly isDoubled?: () => boolean;
  /** Calls back when the next bytes may pass; at once where it is left out. */
  readonly delay?: (pass: () => void) => void;
}

/**
 * A network that behaves badly, between two programs that speak WebSocket over TCP: it can cut connections, freeze them
 * (both ends believe that they are open, and nothing passes any more), hold bytes back, and have frames arrive twice.
 */
export class RoughProxy {
  readonly #options: ProxyOptions;
  readonly #server: Server = createServer((near) => this.#pass(near));
  readonly #passages = new Set<Passage>();
  /** Where new connections lead. */
  port: number;
  doubled = 0;
  connections = 0;
  /** Nobody gets through. */
  isDown = false;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.port = options.port ?? 0;
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Resets every connection. */
  cut(): void {
    for (const passage of this.#passages) {
      this.#end(passage);
    }
  }

  /** Leaves every connection open at both ends, with nothing between them any more, for good. */
  freeze(): void {
    for (const passage of this.#passages) {
      passage.isFrozen = true;
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(near: Socket): void {
    if (this.isDown) {
      near.destroy();
      return;
    }
    this.connections += 1;
    const far = connect(this.port, '127.0.0.1');
    const passage: Passage = { near, far, isFrozen: false };
    this.#passages.add(passage);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#pipe(passage, from, to);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('close', () => {
        // Of a frozen connection neither end hears what the other did.
        if (!passage.isFrozen) {
          this.#end(passage);
        }
      });
    }
  }

  #pipe(passage: Passage, from: Socket, to: Socket): void {
    const frames = new FrameSplitter();
    const waiting: Buffer[] = [];
    let isWaiting = false;
    const next = () => {
      isWaiting = false;
      const chunk = waiting.shift();
      if (chunk === undefined || passage.isFrozen || to.destroyed) {
        return;
      }
      to.write(chunk);
      go();
    };
    const go = () => {
      if (isWaiting || waiting.length === 0) {
        return;
      }
      isWaiting = true;
      const { delay } = this.#options;
      if (delay === undefined) {
        next();
      } else {
        delay(next);
      }
    };
    from.on('data', (chunk: Buffer) => {
      for (const piece of frames.push(chunk)) {
        waiting.push(piece.bytes);
        if (piece.isText && this.#options.isDoubled?.() === true) {
          this.doubled += 1;
          waiting.push(piece.bytes);
        }
      }
      go();
    });
  }

  #end(passage: Passage): void {
    this.#passages.delete(passage);
    passage.near.resetAndDestroy();
    passage.far.resetAndDestroy();
  }
}

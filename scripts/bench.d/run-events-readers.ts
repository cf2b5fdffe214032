/** Readers of an event stream, as controllers have them: each resumes behind the last event that it has. */
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { serve, sharedMs } from './capture-child.ts';
import { readersRequestSchema } from './events-protocol.ts';
import { seededRandom, type Random } from '../prove.d/random.ts';

/** Between two breaks of a reader, and how long it stays away, ms. */
const STAY_MS = [200, 2_000] as const;
const AWAY_MS = [0, 200] as const;
const SEQUENCE = /"sequence":(\d+)/u;
const GUID = /"type":"message\.received".*?"guid":"([^"]+)"/u;

interface Target {
  readonly url: string;
  readonly authorization: string;
  readonly churn: boolean;
}

class Reader {
  readonly sequences: number[] = [];
  readonly at: number[] = [];
  readonly guids: Map<number, string> | null;
  connections = 0;
  last: number;
  readonly #target: Target;
  readonly #random: Random;
  #socket: WebSocket | null = null;
  #isOver = false;

  constructor(target: Target, after: number, random: Random, guids: Map<number, string> | null) {
    this.#target = target;
    this.last = after;
    this.#random = random;
    this.guids = guids;
  }

  /** Resolves with the first frame. */
  async connect(): Promise<void> {
    const { url, authorization, churn } = this.#target;
    const socket = new WebSocket(`${url}?after=${this.last}`, { headers: { authorization } });
    this.#socket = socket;
    this.connections += 1;
    const leave = churn ? setTimeout(() => socket.terminate(), this.#between(STAY_MS)) : undefined;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(leave);
      if (!this.#isOver) {
        void pause(this.#between(AWAY_MS)).then(() => this.connect());
      }
    });
    await new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        this.#receive(data);
        resolve();
      });
      socket.on('close', () => resolve());
    });
  }

  close(): void {
    this.#isOver = true;
    this.#socket?.terminate();
  }

  #receive(data: Buffer): void {
    const arrivedAt = sharedMs();
    const frame = data.toString('utf8');
    if (!frame.startsWith('{"type":"event"')) {
      return;
    }
    const sequence = Number(SEQUENCE.exec(frame)?.[1]);
    this.sequences.push(sequence);
    this.at.push(arrivedAt);
    this.last = sequence;
    const guid = this.guids === null ? undefined : GUID.exec(frame)?.[1];
    if (guid !== undefined) {
      this.guids?.set(sequence, guid);
    }
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#random.below(most - least);
  }
}

let readers: Reader[] = [];
let guids = new Map<number, string>();

serve(readersRequestSchema, async (request) => {
  switch (request.kind) {
    case 'connect': {
      const random = seededRandom(request.seed);
      guids = new Map();
      readers = Array.from(
        { length: request.readers },
        (_, index) => new Reader(request, request.after, random, index === 0 ? guids : null),
      );
      await Promise.all(readers.map((reader) => reader.connect()));
      return null;
    }
    case 'collect': {
      const until = sharedMs() + request.limitMs;
      while (readers.some(({ last }) => last < request.sequence) && sharedMs() < until) {
        await pause(5);
      }
      return {
        readers: readers.map(({ sequences, at, connections }) => ({
          sequences: Uint32Array.from(sequences),
          at: Float64Array.from(at),
          connections,
        })),
        guids,
      };
    }
    case 'close':
      for (const reader of readers) {
        reader.close();
      }
      return null;
    default:
      return request satisfies never;
  }
});

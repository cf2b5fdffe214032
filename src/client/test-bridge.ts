import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { RegisterFrame, WireHealth, WireLine, WireUsage } from '../contract/index.ts';
import type { Timers } from './timers.ts';

/** What a bridge says of itself at first. */
export function aRegister(fields: Partial<RegisterFrame> = {}): RegisterFrame {
  return {
    type: 'register',
    bridge_id: 'mini-1',
    epoch: 'e1',
    instance_id: 'i1',
    version: '1',
    versions: ['1'],
    started_at: 1,
    system: { platform: 'darwin' },
    lines: [],
    limits: { preset: 'balanced', version: 'balanced/1' },
    head_sequence: 0,
    oldest_sequence: 1,
    ...fields,
  };
}

export function aHealth(bridgeId: string, lines: readonly WireLine[] = []): WireHealth {
  return {
    bridgeId,
    status: 'healthy',
    messagesAppRunning: true,
    pendingCommands: 0,
    uptime: 1,
    warnings: [],
    version: '1',
    checked_at: 1,
    lines: [...lines],
  };
}

export function aUsage(fields: { readonly used?: number; readonly at?: number } = {}): WireUsage {
  const { used = 0, at = 1 } = fields;
  return {
    line_id: 'ln_1',
    checked_at: at,
    preset: 'balanced',
    version: 'balanced/1',
    utilization: used / 50,
    accepts_new_contacts: used < 40,
    limits: [
      {
        rule: 'new_conversation_limit',
        kind: 'cap',
        used,
        limit: 50,
        remaining: 50 - used,
        window_seconds: 86_400,
      },
    ],
  };
}

export function anEvent(sequence: number, bridgeId = 'mini-1') {
  return {
    id: `evt_${sequence}`,
    type: 'bridge.started',
    timestamp: '2026-01-01T00:00:00.000Z',
    sequence,
    bridge_id: bridgeId,
    line_id: null,
    api_version: '1',
    data: { version: '1', api_version: '1' },
  };
}

interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The bridge's end of a link, moved by hand. */
export class HandBridge {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<string>;

  constructor(url: string, token: string, options: { readonly autoPong?: boolean } = {}) {
    this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, ...options });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      const frame: Frame = JSON.parse(data.toString('utf8'));
      this.frames.push(frame);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve(`${code} ${reason.toString('utf8')}`));
    });
  }

  async open(register: RegisterFrame | null = aRegister()): Promise<this> {
    await once(this.socket, 'open');
    if (register !== null) {
      this.say(register);
    }
    return this;
  }

  say(...frames: object[]): void {
    for (const frame of frames) {
      this.socket.send(JSON.stringify(frame));
    }
  }

  events(from: number, to: number): void {
    for (let sequence = from; sequence <= to; sequence += 1) {
      this.say({ type: 'event', event: anEvent(sequence) });
    }
  }

  ofType(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }
}

interface Entry {
  due: number;
  readonly everyMs: number | null;
  readonly run: () => void;
}

/** Time that stands still until it is told to go on. */
export class HandTimers implements Timers {
  #now = 1_800_000_000_000;
  readonly #entries = new Set<Entry>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void) {
    return this.#add({ due: this.#now + ms, everyMs: null, run });
  }

  every(ms: number, run: () => void) {
    return this.#add({ due: this.#now + ms, everyMs: ms, run });
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#entries].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) {
        break;
      }
      this.#now = Math.max(this.#now, next.due);
      if (next.everyMs === null) {
        this.#entries.delete(next);
      } else {
        next.due += next.everyMs;
      }
      next.run();
    }
    this.#now = end;
  }

  #add(entry: Entry) {
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }
}

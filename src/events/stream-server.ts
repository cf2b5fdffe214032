import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { SseStream, type SseRequest } from './sse-stream.ts';
import type { StreamContext } from './serve-reader.ts';
import { EventStream, type StreamRequest } from './stream.ts';

/** All readers that are connected now. */
export interface StreamServer {
  /** Serves an authorised socket until it closes. */
  attach(socket: WebSocket, request: StreamRequest): void;
  /** Serves an authorised reader of server-sent events. `end` says why, and lets it go. */
  attachSse(response: ServerResponse, request: SseRequest): { end(reason: string): void };
  count(): number;
  stop(): Promise<void>;
}

export function createStreamServer(context: StreamContext): StreamServer {
  const running = new Map<EventStream | SseStream, Promise<void>>();
  const run = (stream: EventStream | SseStream) => {
    const done = stream.run().finally(() => running.delete(stream));
    running.set(stream, done);
  };
  return {
    attach: (socket, request) => run(new EventStream(socket, request, context)),
    attachSse: (response, request) => {
      const stream = new SseStream(response, request, context);
      run(stream);
      return { end: (reason) => stream.close(reason) };
    },
    count: () => running.size,
    stop: async () => {
      for (const stream of running.keys()) {
        stream.close('bridge_stopping');
      }
      await Promise.all(running.values());
    },
  };
}

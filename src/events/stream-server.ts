import type { WebSocket } from 'ws';
import { EventStream, type StreamContext, type StreamRequest } from './stream.ts';

/** All readers that are connected now. */
export interface StreamServer {
  /** Serves an authorised socket until it closes. */
  attach(socket: WebSocket, request: StreamRequest): void;
  count(): number;
  stop(): Promise<void>;
}

export function createStreamServer(context: StreamContext): StreamServer {
  const running = new Map<EventStream, Promise<void>>();
  return {
    attach: (socket, request) => {
      const stream = new EventStream(socket, request, context);
      const done = stream.run().finally(() => running.delete(stream));
      running.set(stream, done);
    },
    count: () => running.size,
    stop: async () => {
      for (const stream of running.keys()) {
        stream.close();
      }
      await Promise.all(running.values());
    },
  };
}

import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import type { CommandFrame, CommandResult } from '../contract/index.ts';
import type { Instant, Sequence } from '../domain/index.ts';

/** The journal as REST reads it. */
export interface JournalPort {
  readonly epoch: string;
  /** The newest sequence; 0 while the journal is empty. */
  head(): Sequence;
  /** The oldest sequence that is kept; head + 1 while none is. */
  oldest(): Sequence;
  /** The first sequence that was journalled at a moment or later; one past the head where none was. */
  firstSince(at: Instant): Sequence;
  /**
   * Events with a sequence greater than `after`, ascending; `json` is the whole wire event. `lines` holds `ln_…` ids
   * and lets the events of the bridge itself (no line) pass. A filter that lets little pass is searched for in slices,
   * and only so far at a time.
   */
  read(
    after: Sequence,
    options: {
      readonly limit: number;
      readonly types: readonly string[] | null;
      readonly lines: readonly string[] | null;
    },
  ): Promise<{
    readonly events: readonly { readonly sequence: Sequence; readonly json: string }[];
    /** All up to here has been looked at. */
    readonly scannedTo: Sequence;
  }>;
}

export interface StreamRequest {
  /** `null`: from the head, or from where the subscriber was. */
  readonly after: Sequence | null;
  readonly epoch: string | null;
  readonly types: readonly string[] | null;
  /** `ln_…` ids, already narrowed to what the key may see. */
  readonly lines: readonly string[] | null;
  readonly subscriber: string | null;
  readonly keyId: string;
  /** What becomes of a command frame. Never rejects. */
  readonly execute: (frame: CommandFrame) => Promise<CommandResult>;
}

export interface StreamPort {
  /** Takes over an open, authenticated socket: hello, replay, live events, heartbeat, acks. */
  attach(socket: WebSocket, request: StreamRequest): void;
  /** Takes over a response whose head has been written: the same as server-sent events. `end` says why, and ends it. */
  attachSse(
    response: ServerResponse,
    request: Pick<StreamRequest, 'after' | 'epoch' | 'types' | 'lines'>,
  ): { end(reason: string): void };
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { WireMessage } from '../contract/index.ts';
import { createMessageMapper } from '../contract/mapping.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import type { Criteria } from './criteria.ts';
import { scan } from './scan.ts';
import type { Sink } from './sink.ts';

/** Units of text that are gathered before they go out: a write costs more than the copy. */
const PIECE_LENGTH = 128 * 1024;

/** What of a database an export reads. */
export type ExportSource = Pick<
  MessagesDb,
  'lastRowId' | 'exportRows' | 'readRows' | 'chat' | 'messageByGuid' | 'attachmentFile'
>;

/** What a run of any format is given. `onProgress` says how many messages went out, and how far along that is (0 to 1). */
export interface Run {
  readonly db: ExportSource;
  readonly criteria: Criteria;
  readonly sink: Sink;
  readonly signal: AbortSignal;
  readonly onProgress: (messages: number, position: number) => void;
}

/**
 * One message a line, in the order of ROWID. Ends early when the signal aborts or nobody reads any more.
 * @returns how many were written
 */
export async function exportJsonl(run: Run, encode: (message: WireMessage) => string): Promise<number> {
  const { sink, signal } = run;
  const toWire = createMessageMapper();
  let piece = '';
  let count = 0;
  for (const { messages, position } of scan(run.db, run.criteria)) {
    for (const message of messages) {
      // No journal is at hand: such a message was synced when it was sent, and nobody knows which device sent it.
      piece += `${encode(toWire(message, { origin: null, syncedAt: message.sentAt }))}\n`;
      if (piece.length >= PIECE_LENGTH) {
        const waiting = sink.write(piece);
        piece = '';
        if (waiting !== undefined) {
          await waiting;
        }
      }
    }
    count += messages.length;
    run.onProgress(count, position);
    // A signal is delivered between turns only.
    await nextTurn();
    if (signal.aborted || sink.isClosed) {
      return count;
    }
  }
  if (piece !== '') {
    await sink.write(piece);
  }
  return count;
}

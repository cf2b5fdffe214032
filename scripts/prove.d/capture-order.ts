import type { Chat, Row } from './capture-model.ts';

interface Told {
  readonly row: Row;
  /** Number of the transaction with which it became complete. */
  readonly step: number;
}

interface ChatOrder {
  newest: Told | null;
  readonly late: Told[];
}

/**
 * The order of new rows within a chat. One row must come before another in the journal if it was complete earlier and
 * has the lower ROWID: no look sees the second and not the first, and in one look the ROWIDs decide.
 */
export class ChatOrders {
  readonly #chats = new Map<Chat, ChatOrder>();
  readonly wrong: string[] = [];

  /**
   * To be called for each new row in the order of the journal.
   * @param isLate its chat or its body came in a later transaction than the row itself
   */
  told(row: Row, step: number, isLate: boolean): void {
    const order = this.#chats.get(row.chat) ?? { newest: null, late: [] };
    this.#chats.set(row.chat, order);
    const earlier = order.newest === null ? order.late : [order.newest, ...order.late];
    for (const one of earlier) {
      if (one.step > step && one.row.ordinal > row.ordinal) {
        this.wrong.push(`${one.row.guid} was told before ${row.guid}, which was complete before it`);
      }
    }
    if (isLate) {
      order.late.push({ row, step });
    } else if (order.newest === null || row.ordinal > order.newest.row.ordinal) {
      order.newest = { row, step };
    }
  }
}

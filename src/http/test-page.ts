import type { ListedMessage, MessageQuery } from './ports.ts';

/** The page of a list that a query asks for. */
export function pageOf(messages: readonly ListedMessage[], query: MessageQuery): ListedMessage[] {
  const { before } = query;
  return messages
    .filter(({ message }) => query.lines === null || query.lines.some((line) => line === message.line))
    .filter(({ message }) => query.chat === null || message.chat?.key === query.chat)
    .filter(({ message }) => query.since === null || message.sentAt >= query.since)
    .filter(({ message }) => query.until === null || message.sentAt < query.until)
    .filter(({ message }) => query.isFromMe === null || message.isFromMe === query.isFromMe)
    .filter(({ message }) => query.service === null || message.service === query.service)
    .filter(({ message }) => query.kind === null || message.kind.kind === query.kind)
    .sort((a, b) => Number(BigInt(b.cursor.date) - BigInt(a.cursor.date)) || b.cursor.rowId - a.cursor.rowId)
    .filter(({ cursor }) => {
      const difference = before === null ? -1n : BigInt(cursor.date) - BigInt(before.date);
      return difference < 0n || (difference === 0n && before !== null && cursor.rowId < before.rowId);
    })
    .slice(0, query.limit);
}

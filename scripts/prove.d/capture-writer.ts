/** The process that writes: it does what the storm sends it, one order after the other, and may be killed at any time. */
import type { Answer, Order } from './capture-ops.ts';
import { WriterDb } from './capture-writer-sql.ts';

const [path = ''] = process.argv.slice(2);
const db = new WriterDb(path);
process.on('disconnect', () => process.exit(0));
process.on('message', (order: Order) => {
  process.send?.(carryOut(order));
});
process.send?.({ answer: 'done', value: db.lastStep() } satisfies Answer);

function carryOut(order: Order): Answer {
  try {
    return answerTo(order);
  } catch (error) {
    return { answer: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

function answerTo(order: Order): Answer {
  switch (order.order) {
    case 'write': {
      const at: number[] = [];
      const ticks: bigint[] = [];
      for (const [index, transaction] of order.transactions.entries()) {
        db.write(transaction, order.first + index);
        at.push(Date.now());
        ticks.push(process.hrtime.bigint());
      }
      return { answer: 'written', at, ticks };
    }
    case 'checkpoint':
      db.checkpoint(order.mode);
      break;
    case 'pragma':
      db.pragma(order.name, order.value);
      break;
    case 'reopen':
      return { answer: 'done', value: db.reopen(order.how) ? 1 : 0 };
    case 'vacuum':
      db.exec('VACUUM');
      break;
    case 'index':
      db.exec(
        order.isWanted
          ? 'CREATE INDEX IF NOT EXISTS storm_index ON attachment (total_bytes)'
          : 'DROP INDEX IF EXISTS storm_index',
      );
      break;
    case 'last_step':
      return { answer: 'done', value: db.lastStep() };
    default:
      order satisfies never;
  }
  return { answer: 'done', value: 0 };
}

/**
 * Writes a small ready chat.db with fixed dates and guids: `node scripts/make-fixture.ts [--era 26] [--out <file>]`.
 * The same arguments give the same rows; the file needs no `-wal`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChatDbWriter, createChatDb, ERAS } from '../src/simulator/index.ts';
import { readOptions } from './lib/options.ts';

const LINE = '+15550009999';
const KIM = '+15550001001';
const SAM = 'sam@example.com';

const values = readOptions({ era: { type: 'string', default: '26' }, out: { type: 'string' } });
const era = ERAS.find((known) => known === values.era);
if (era === undefined) {
  console.error(`There is no era ${values.era}; known are ${ERAS.join(', ')}.`);
  process.exit(2);
}
const out = values.out ?? fileURLToPath(new URL(`../fixtures/chat-db/small-${era}.db`, import.meta.url));

mkdirSync(dirname(out), { recursive: true });
for (const ending of ['', '-wal', '-shm']) {
  rmSync(out + ending, { force: true });
}
let made = 0;
const uuid = () => {
  made += 1;
  const hex = createHash('sha256').update(`fixture ${made}`).digest('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
};
let at = Date.UTC(2026, 9, 5, 14, 30);
const later = (minutes: number) => {
  at += minutes * 60_000;
};

const db = createChatDb(out, era, uuid());
const writer = new ChatDbWriter(db, { era, line: LINE, now: () => at, uuid });

const kim = writer.ensureChat({ style: 'direct', handle: KIM });
const hello = writer.insertIncoming({
  chat: kim,
  from: KIM,
  text: 'Hi, is the table for Friday still free?',
});
later(2);
writer.ownerReads(hello.rowId);
const answer = writer.insertOutgoing({ chat: kim, text: 'It is. Shall I put your name on it?' });
writer.markSent(answer.rowId);
writer.markDelivered(answer.rowId);
later(1);
writer.markRead(answer.rowId);
writer.tapback({ chat: kim, by: KIM, target: answer.guid, type: 'love' });
const typo = writer.insertIncoming({ chat: kim, from: KIM, text: 'Yes plesae, for six' });
later(1);
writer.edit(typo.rowId, 'Yes please, for six');
const regret = writer.insertIncoming({ chat: kim, from: KIM, text: 'And a cake' });
later(1);
writer.unsend(regret.rowId);
writer.insertIncoming({
  chat: kim,
  from: KIM,
  text: 'Like this one',
  attachments: [
    {
      name: 'cake.heic',
      mimeType: 'image/heic',
      size: 482_113,
      guid: 'at_0_8C1B6F6E-0C2B-4C0E-9C56-3D5A8E0F7B11',
    },
  ],
});

later(60);
const crew = writer.ensureChat({
  style: 'group',
  id: 'chat831446992174650021',
  name: 'Friday crew',
  participants: [KIM, SAM],
});
writer.insertIncoming({ chat: crew, from: SAM, text: 'Who brings the candles? 🕯️' });
later(1);
writer.insertIncoming({ chat: crew, from: KIM, text: 'I do.\nTwo boxes.' });
writer.insertOutgoing({ chat: crew, text: 'See you all on Friday.', sent: true });
writer.groupEvent({ chat: crew, by: KIM, action: 'renamed', title: 'Friday crew 🎂' });

later(30);
const stranger = writer.ensureChat({ style: 'direct', handle: '+15550001099' });
const refused = writer.insertOutgoing({ chat: stranger, text: 'Your order is ready.' });
later(1);
writer.fail(refused.rowId, 22);
const sms = writer.ensureChat({ style: 'direct', handle: '+15550001050', service: 'SMS' });
writer.insertIncoming({ chat: sms, from: '+15550001050', text: 'Your code is 481516', service: 'SMS' });

const count = db.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM message').get();
// Pages that the build left behind would differ in nothing that matters, but the file is smaller without.
db.exec('VACUUM');
db.pragma('wal_checkpoint(TRUNCATE)');
db.close();
console.log(`${out}: ${count?.rows ?? 0} messages, macOS ${era}`);

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChatDb, encodeBody, generateHistory, writeCatalogue } from '../../src/simulator/index.ts';
import Database from 'better-sqlite3';

export type BlobKind = 'body' | 'plist';

/** A blob as Messages would have written it. */
export interface Specimen {
  readonly kind: BlobKind;
  readonly bytes: Buffer;
  /** What a body says, by who wrote it; `null` where only the catalogue knows. */
  readonly text: string | null;
}

const TEXTS = [
  'hi',
  '\nA leading newline, and a trailing one\n',
  'U+2184 is ↄ, whose bytes are e2 86 84',
  'A family 👨‍👩‍👧‍👦, a flag 🏳️‍🌈, a skin 👍🏽',
  'مرحبا بالعالم, שלום עולם',
  'e\u0301 is not é',
  'NSString + NSMutableString __kIMMessagePartAttributeName',
  'x'.repeat(127),
  'y'.repeat(128),
  'ü'.repeat(300),
  'z'.repeat(32_767),
  'A text of forty thousand bytes. '.repeat(1250),
];

/** The catalogue's every blob of two eras, those of a generated history, and bodies of all lengths whose text is known. */
export function readCorpus(): readonly Specimen[] {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-prove-'));
  try {
    const written = TEXTS.flatMap((text) => [
      body(text, encodeBody(text)),
      body(text, encodeBody(text, { mutable: true })),
      body(`\uFFFC${text}`, encodeBody(text, { attachments: ['at_0_8C1B6F6E-0C2B-4C0E-9C56-3D5A8E0F7B11'] })),
    ]);
    const found = (['27', '14u'] as const).flatMap((era) => {
      const path = join(folder, `${era}.db`);
      const db = createChatDb(path, era);
      writeCatalogue(db, era, folder);
      const blobs = blobsOf(db);
      db.close();
      return blobs;
    });
    const history = join(folder, 'history.db');
    generateHistory(history, { messages: 2000, seed: 7 });
    const db = new Database(history, { readonly: true });
    const common = blobsOf(db);
    db.close();
    return [...written, ...distinct([...found, ...common])];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function body(text: string, bytes: Buffer): Specimen {
  return { kind: 'body', bytes, text };
}

/** Every blob of every table that readers look into. */
function blobsOf(db: Database.Database): Specimen[] {
  const columns = db
    .prepare<[], { tab: string; col: string }>(
      `SELECT m.name AS tab, p.name AS col FROM sqlite_schema m, pragma_table_info(m.name) p
       WHERE m.type = 'table' AND p.type = 'BLOB' AND m.name IN ('message', 'chat', 'attachment', 'recoverable_message_part')`,
    )
    .all();
  return columns.flatMap(({ tab, col }) =>
    db
      .prepare<[], { blob: unknown }>(`SELECT DISTINCT ${col} AS blob FROM ${tab} WHERE length(${col}) > 0`)
      .all()
      .flatMap(({ blob }) =>
        Buffer.isBuffer(blob)
          ? [{ kind: isStream(blob) ? ('body' as const) : ('plist' as const), bytes: blob, text: null }]
          : [],
      ),
  );
}

function isStream(blob: Buffer): boolean {
  return blob.subarray(2, 13).toString('latin1') === 'streamtyped';
}

function distinct(specimens: readonly Specimen[]): Specimen[] {
  const seen = new Map(specimens.map((specimen) => [specimen.bytes.toString('base64'), specimen]));
  return [...seen.values()];
}

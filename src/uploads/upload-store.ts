import { instant, type Instant } from '../domain/index.ts';
import type { Store } from '../store/index.ts';

/** A file that a client has handed in. */
export interface Upload {
  /** `file_…` */
  readonly id: string;
  /** Whose it is: no other key may see or send it. */
  readonly keyId: string;
  /** The name that people see; safe as the name of a file. */
  readonly name: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly createdAt: Instant;
  /** Not kept after that, unless a command still needs it. */
  readonly expiresAt: Instant;
}

/** A file on its way into a message: one upload for one command. */
export interface UploadUse {
  readonly uploadId: string;
  readonly commandId: string;
  /** Name of its folder within the staging folder; `null` while it is only held. */
  readonly folder: string | null;
  /** When it was last asked for. */
  readonly since: Instant;
  /** From then on it may go; `null` while the command is open. */
  readonly releaseAt: Instant | null;
}

interface UploadRow {
  readonly id: string;
  readonly key_id: string;
  readonly name: string;
  readonly media_type: string;
  readonly size: number;
  readonly created_at: number;
  readonly expires_at: number;
}

interface UseRow {
  readonly upload_id: string;
  readonly command_id: string;
  readonly folder: string | null;
  readonly since: number;
  readonly release_at: number | null;
}

export type UploadStore = ReturnType<typeof createUploadStore>;

export function createUploadStore({ db }: Store) {
  const insert = db.prepare<[string, string, string, string, number, string | null, number, number]>(
    `INSERT INTO uploads (id, key_id, name, media_type, size, made_from, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const byId = db.prepare<[string], UploadRow>('SELECT * FROM uploads WHERE id = ?');
  const madeFrom = db.prepare<[string], UploadRow>('SELECT * FROM uploads WHERE made_from = ?');
  const ids = db.prepare<[], { id: string }>('SELECT id FROM uploads');
  const expired = db.prepare<[number], UploadRow>(
    `SELECT * FROM uploads WHERE expires_at <= ?
     AND NOT EXISTS (SELECT 1 FROM upload_uses WHERE upload_id = uploads.id AND release_at IS NULL)`,
  );
  const isNeeded = db
    .prepare<[string, string], number>(
      `SELECT EXISTS (SELECT 1 FROM upload_uses WHERE upload_id = ?
         AND (release_at IS NULL OR command_id NOT IN (SELECT value FROM json_each(?))))`,
    )
    .pluck();
  const remove = db.prepare<[string]>('DELETE FROM uploads WHERE id = ?');
  const hold = db.prepare<[string, string, number]>(
    `INSERT INTO upload_uses (upload_id, command_id, since) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET since = excluded.since, release_at = NULL`,
  );
  const use = db.prepare<[string, string], UseRow>(
    'SELECT * FROM upload_uses WHERE upload_id = ? AND command_id = ?',
  );
  const uses = db.prepare<[], UseRow>('SELECT * FROM upload_uses');
  const setFolder = db.prepare<[string | null, string, string]>(
    'UPDATE upload_uses SET folder = ? WHERE upload_id = ? AND command_id = ?',
  );
  const dropHeld = db.prepare<[string]>('DELETE FROM upload_uses WHERE command_id = ? AND folder IS NULL');
  const release = db.prepare<[number, string]>(
    'UPDATE upload_uses SET release_at = ? WHERE command_id = ? AND release_at IS NULL',
  );
  const removeUse = db.prepare<[string, string]>(
    'DELETE FROM upload_uses WHERE upload_id = ? AND command_id = ?',
  );

  return {
    /** `source` is the upload that it was made from, if it was. */
    add: (upload: Upload, source: string | null): void => {
      const { id, keyId, name, mediaType, size, createdAt, expiresAt } = upload;
      insert.run(id, keyId, name, mediaType, size, source, createdAt, expiresAt);
    },
    find: (id: string): Upload | null => toUpload(byId.get(id)),
    findMadeFrom: (id: string): Upload | null => toUpload(madeFrom.get(id)),
    ids: (): readonly string[] => ids.all().map((row) => row.id),
    /** Those past their time that no open command needs. */
    expired: (now: Instant): readonly Upload[] => expired.all(now).flatMap((row) => toUpload(row) ?? []),
    /** By an open command, or by another than these. */
    isNeeded: (id: string, besides: readonly string[]): boolean =>
      isNeeded.get(id, JSON.stringify(besides)) === 1,
    remove: (id: string): void => void remove.run(id),
    hold: (uploadId: string, commandId: string, now: Instant): void =>
      void hold.run(uploadId, commandId, now),
    use: (uploadId: string, commandId: string): UploadUse | null => {
      const row = use.get(uploadId, commandId);
      return row === undefined ? null : toUse(row);
    },
    uses: (): readonly UploadUse[] => uses.all().map(toUse),
    setFolder: (uploadId: string, commandId: string, folder: string | null): void =>
      void setFolder.run(folder, uploadId, commandId),
    /** What was only held is forgotten; what was staged may go from `at` on. */
    release: (commandId: string, at: Instant): void => {
      dropHeld.run(commandId);
      release.run(at, commandId);
    },
    removeUse: ({ uploadId, commandId }: UploadUse): void => void removeUse.run(uploadId, commandId),
  };
}

function toUpload(row: UploadRow | undefined): Upload | null {
  return row === undefined
    ? null
    : {
        id: row.id,
        keyId: row.key_id,
        name: row.name,
        mediaType: row.media_type,
        size: row.size,
        createdAt: instant(row.created_at),
        expiresAt: instant(row.expires_at),
      };
}

function toUse(row: UseRow): UploadUse {
  return {
    uploadId: row.upload_id,
    commandId: row.command_id,
    folder: row.folder,
    since: instant(row.since),
    releaseAt: row.release_at === null ? null : instant(row.release_at),
  };
}

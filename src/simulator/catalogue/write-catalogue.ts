import type Database from 'better-sqlite3';
import type { Era } from '../era-schema.ts';
import { writeApps } from './apps.ts';
import { writeAttachments } from './attachments.ts';
import { writeDeletion } from './deletion.ts';
import { writeDelivery } from './delivery.ts';
import { writeEdits } from './edits.ts';
import { writeGroups } from './groups.ts';
import { CataloguePen, type CatalogueEntry } from './pen.ts';
import { writePolls } from './polls.ts';
import { writeReplies } from './replies.ts';
import { writeRuns } from './runs.ts';
import { writeTapbacks } from './tapbacks.ts';
import { writeTexts } from './texts.ts';
import { writeVoice } from './voice.ts';

/**
 * Writes one row of every kind that a chat.db of that era can hold, each with what a reader has to make of it. Names,
 * guids and dates are always the same; the files of attachments that are on disk are written beside the database.
 * @param folder the folder of chat.db, which stands for `~/Library/Messages`
 * @returns the rows in the order of their ROWIDs
 */
export function writeCatalogue(db: Database.Database, era: Era, folder: string): CatalogueEntry[] {
  return db.transaction(() => {
    const pen = new CataloguePen(db, era, folder);
    writeTexts(pen);
    writeRuns(pen);
    writeTapbacks(pen);
    writeEdits(pen);
    writeReplies(pen);
    writeGroups(pen);
    writeApps(pen);
    writePolls(pen);
    writeVoice(pen);
    writeDelivery(pen);
    writeAttachments(pen);
    writeDeletion(pen);
    return pen.entries;
  })();
}

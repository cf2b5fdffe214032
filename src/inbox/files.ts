import type { Handle } from '../domain/index.ts';
import type { MessagesSource } from '../messages-db/index.ts';
import type { Logger } from '../runtime/index.ts';
import { openWithin, type OpenedFile } from './attachment-files.ts';
import type { KnownIds } from './known-ids.ts';

/** `attachment.transfer_state` of a file that is wholly on the disk. */
const ON_DISK = 5;

/** A file that came or went with a message. */
export interface InboxFile {
  readonly filename: string | null;
  readonly mimeType: string | null;
  /** The own addresses of the messages that it belongs to; `null` where a row names none. Empty where none has it. */
  readonly lines: readonly (Handle | null)[];
  /** Messages has finished fetching it. */
  readonly isOnDisk: boolean;
  /** `null` where there is no such file, or none that may be served: the log says which. */
  open(): Promise<OpenedFile | null>;
}

export interface Files {
  file(id: string): Promise<InboxFile | null>;
}

export function createFiles(options: {
  readonly source: MessagesSource;
  readonly databasePath: string;
  readonly ids: KnownIds;
  readonly log: Logger;
}): Files {
  const { source, ids, log } = options;
  const open = async (id: string, path: string | null): Promise<OpenedFile | null> => {
    const result =
      path === null
        ? ({ outcome: 'refused', reason: 'missing' } as const)
        : await openWithin(options.databasePath, path);
    if (result.outcome === 'opened') {
      return result.file;
    }
    if (result.reason === 'missing') {
      log.debug({ file: id, reason: result.reason }, 'An attachment is not on the disk');
    } else {
      log.warn(
        { file: id, reason: result.reason },
        'An attachment is not served: its row names no file of Messages',
      );
    }
    return null;
  };
  return {
    file: async (id) => {
      const guid = await ids.find('file', id);
      return guid === null
        ? null
        : source.use((db) => {
            const found = db.attachmentFile(guid);
            return found === null
              ? null
              : {
                  filename: found.filename,
                  mimeType: found.mimeType,
                  lines: db.readRows(found.messages).map(({ message }) => message.line),
                  isOnDisk: found.transferState === ON_DISK,
                  open: () => open(id, found.path),
                };
          });
    },
  };
}

import { readAppContent } from '../../src/messages-db/app-content.ts';
import {
  decodeBody,
  decodeFoundation,
  readKeyedArchive,
  readPropertyList,
  readSummaryInfo,
} from '../../src/messages-db/index.ts';
import type { BlobKind } from './corpus.ts';

/** Whatever takes a blob from chat.db. None may throw, whatever it is given. */
export const READERS: Readonly<Record<BlobKind, Readonly<Record<string, (blob: Buffer) => unknown>>>> = {
  body: { decodeBody, decodeFoundation },
  plist: {
    readPropertyList,
    readSummaryInfo,
    readKeyedArchive,
    readLink: (blob) => readAppContent('com.apple.messages.URLBalloonProvider', blob),
    readApp: (blob) =>
      readAppContent(
        'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.messages.Polls',
        blob,
      ),
  },
};

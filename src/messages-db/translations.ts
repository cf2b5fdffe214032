import type { Translation } from '../domain/index.ts';
import { isPlistDictionary, type PlistValue } from './binary-plist.ts';
import { plainTextOf } from './body-text.ts';
import {
  archiveText,
  isArchiveArray,
  isArchiveDictionary,
  readKeyedArchive,
  type ArchiveDictionary,
  type ArchiveValue,
} from './keyed-archive.ts';

/**
 * Messages' own translations (macOS 26), the summary's key `tmp`: a keyed archive, or one for each part, of what a
 * part was translated into. Nothing where none can be read.
 */
export function readTranslations(stored: PlistValue | undefined): readonly Translation[] {
  if (stored instanceof Uint8Array) {
    const root = readKeyedArchive(stored)?.get('root');
    return isArchiveDictionary(root) && !root.has('translatedText')
      ? [...root].flatMap(([key, value]) => ofPart(partOf(key), value))
      : ofPart(0, root);
  }
  return isPlistDictionary(stored)
    ? [...stored].flatMap(([key, value]) =>
        value instanceof Uint8Array ? ofPart(partOf(key), readKeyedArchive(value)?.get('root')) : [],
      )
    : [];
}

function partOf(key: string): number {
  const part = Number(key);
  return Number.isSafeInteger(part) && part >= 0 ? part : 0;
}

function ofPart(part: number, stored: ArchiveValue | undefined): readonly Translation[] {
  const items = isArchiveArray(stored) ? stored : [stored];
  return items.flatMap((item) => (isArchiveDictionary(item) ? translation(part, item) : []));
}

function translation(part: number, fields: ArchiveDictionary): readonly Translation[] {
  const text = translatedText(fields.get('translatedText'));
  return text === null
    ? []
    : [
        {
          part,
          text,
          language: archiveText(fields.get('translationLanguage')),
          sourceLanguage: archiveText(fields.get('sourceLanguage')),
        },
      ];
}

/** An attributed string: the archiver's own form, which resolves to its text, or a typedstream. */
function translatedText(value: ArchiveValue | undefined): string | null {
  return value instanceof Uint8Array ? plainTextOf(value) : archiveText(value);
}

import { appleSeconds } from './capture-apple-time.ts';
import { bodyOf, plistOf, type Plist } from './capture-blobs.ts';
import type { Content } from './capture-ops.ts';

const PART = '__kIMMessagePartAttributeName';

/** The parts of a body by their numbers: attachments first, then the text. */
export function partsOf({ files, text }: Content): { number: number; text: string; file: string | null }[] {
  const parts = files.map((file, number) => ({ number, text: '\u{FFFC}', file }));
  return text === null ? parts : [...parts, { number: files.length, text, file: null }];
}

export function bodyBlob(content: Content): Buffer | null {
  const left = partsOf(content).filter((part) => !content.retracted.includes(part.number));
  if (left.length === 0) {
    return null;
  }
  return bodyOf(
    left.map(({ number, text, file }) => ({
      text,
      attributes: {
        [PART]: number,
        ...(file === null ? {} : { __kIMFileTransferGUIDAttributeName: file }),
        ...(content.transcript === null ? {} : { IMAudioTranscription: content.transcript }),
      },
    })),
  );
}

/** What a row still tells of its edits and of what was taken back. */
export function summaryBlob(content: Content, isOwn: boolean): Buffer {
  const { revisions, retracted, files } = content;
  const part = files.length;
  const fields: Record<string, Plist> = isOwn ? {} : { amc: 0 };
  if (revisions.length > 0 && !retracted.includes(part)) {
    const entries = revisions.map(({ at, text }) => ({
      dictionary: {
        d: { real: appleSeconds(at) },
        t: bodyOf([{ text, attributes: { [PART]: part } }]),
      },
    }));
    fields['ec'] = { dictionary: { [String(part)]: entries } };
    fields['ep'] = [part];
  }
  if (retracted.length > 0) {
    fields['rp'] = retracted;
  }
  return plistOf({ dictionary: { ...fields, ust: true } });
}

/** What is stored beside a link once its page has been read. */
export function previewOf(title: string): Buffer {
  return plistOf({
    dictionary: {
      $archiver: 'NSKeyedArchiver',
      $top: { dictionary: { root: { uid: 1 } } },
      $objects: [
        '$null',
        { dictionary: { richLinkMetadata: { uid: 2 } } },
        { dictionary: { title: { uid: 3 } } },
        title,
      ],
    },
  });
}

/** The text that Messages writes for those who know no tapbacks. */
export function tapbackBody(): Buffer {
  return bodyOf([{ text: 'Loved “…”', attributes: { [PART]: 0 } }]);
}

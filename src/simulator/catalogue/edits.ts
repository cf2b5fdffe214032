import { appleNanoseconds, appleSeconds } from '../apple-time.ts';
import { attachmentRun, encodeRuns, run, type BodyRun } from '../attributed-body.ts';
import { encodePlist, type PlistValue } from '../binary-plist.ts';
import { encodeXmlPlist } from '../xml-plist.ts';
import { KIM, type CataloguePen } from './pen.ts';

interface Version {
  readonly at: number;
  readonly text: string;
}

function summary(fields: Readonly<Record<string, PlistValue>>, form: 'binary' | 'xml' = 'binary'): Buffer {
  const root: PlistValue = { dictionary: { amc: 0, ...fields, ust: true } };
  return form === 'xml' ? encodeXmlPlist(root) : encodePlist(root);
}

function edited(part: number, versions: readonly Version[]): Record<string, PlistValue> {
  const list = versions.map((version): PlistValue => ({
    dictionary: {
      d: { real: appleSeconds(version.at) },
      t: encodeRuns([run(part, version.text)]),
      bcg: 'B0C6E2A4-0000-4000-8000-000000000001',
    },
  }));
  const length = versions[0]?.text.length ?? 0;
  return {
    ec: { dictionary: { [String(part)]: list } },
    ep: [part],
    otr: { dictionary: { [String(part)]: { dictionary: { lo: 0, le: length } } } },
    euh: [KIM],
  };
}

/** Edits with their history, and everything that was taken back (macOS 13 on). */
export function writeEdits(pen: CataloguePen): void {
  if (!pen.since(13)) {
    return;
  }
  const versionsFrom = (at: number, texts: readonly string[]): Version[] =>
    texts.map((text, index) => ({ at: at + index * 30_250, text }));
  const edit = (
    name: string,
    of: {
      readonly part: number;
      readonly texts: readonly string[];
      readonly before?: readonly BodyRun[];
      readonly form?: 'binary' | 'xml';
      readonly hasDate?: boolean;
    },
    expected: Readonly<Record<string, unknown>> = {},
  ) => {
    const versions = versionsFrom(pen.next, of.texts);
    const last = versions.at(-1) ?? { at: 0, text: '' };
    pen.row(
      name,
      {
        body: [...(of.before ?? []), run(of.part, last.text)],
        columns: {
          text: null,
          date_edited: of.hasDate === false ? 0 : appleNanoseconds(last.at),
          message_summary_info: summary(edited(of.part, versions), of.form),
        },
      },
      {
        kind: { kind: 'text' },
        text: last.text,
        bodyStatus: 'decoded',
        editedAt: last.at,
        revisions: versions.length,
        history: [{ part: of.part, revisions: versions }],
        unsentParts: [],
        isUnsent: false,
        ...expected,
      },
    );
  };
  edit('a text edited three times', { part: 0, texts: ['one', 'two', 'three', 'four 🎂'] });
  edit('an edit without a date of its own', { part: 0, texts: ['first', 'second'], hasDate: false });
  edit('an edit whose summary is XML', { part: 0, texts: ['a < b & c', 'a > b'], form: 'xml' });
  edit('an edit of part 2', {
    part: 2,
    texts: ['captoin', 'caption'],
    before: [attachmentRun(0, 'at_0_EDITED'), attachmentRun(1, 'at_1_EDITED')],
  });
  writeUnsends(pen, versionsFrom);
}

function writeUnsends(
  pen: CataloguePen,
  versionsFrom: (at: number, texts: readonly string[]) => Version[],
): void {
  const dated = () => ({ text: null, date_edited: appleNanoseconds(pen.next + 60_000) });
  pen.row(
    'a message taken back',
    {
      body: null,
      columns: {
        ...dated(),
        is_empty: 1,
        part_count: 0,
        message_summary_info: summary({ rp: [0], otr: { dictionary: {} } }),
      },
    },
    { text: null, isUnsent: true, unsentParts: [0], parts: [{ type: 'unsent', index: 0 }] },
  );
  pen.row(
    'a message of three parts taken back whole',
    {
      body: null,
      columns: { ...dated(), is_empty: 1, part_count: 0, message_summary_info: summary({ rp: [0, 1, 2] }) },
    },
    {
      text: null,
      isUnsent: true,
      unsentParts: [0, 1, 2],
      parts: [
        { type: 'unsent', index: 0 },
        { type: 'unsent', index: 1 },
        { type: 'unsent', index: 2 },
      ],
    },
  );
  pen.row(
    'parts 0 and 1 taken back, part 2 left',
    {
      body: [run(2, 'only this is left')],
      columns: { ...dated(), is_empty: 0, part_count: 1, message_summary_info: summary({ rp: [0, 1] }) },
    },
    {
      text: 'only this is left',
      isUnsent: false,
      unsentParts: [0, 1],
      parts: [
        { type: 'unsent', index: 0 },
        { type: 'unsent', index: 1 },
        { type: 'text', index: 2, text: 'only this is left' },
      ],
    },
  );
  pen.row(
    'the middle part taken back, in an XML summary',
    {
      body: [attachmentRun(0, 'at_0_GAP'), run(2, 'caption')],
      columns: { ...dated(), part_count: 2, message_summary_info: summary({ rp: [1] }, 'xml') },
    },
    {
      isUnsent: false,
      unsentParts: [1],
      parts: [
        { type: 'attachment', index: 0, guid: 'at_0_GAP' },
        { type: 'unsent', index: 1 },
        { type: 'text', index: 2, text: 'caption' },
      ],
    },
  );
  const versions = versionsFrom(pen.next, ['frist', 'first']);
  pen.row(
    'one part edited and another taken back',
    {
      body: [run(0, 'first')],
      columns: {
        ...dated(),
        part_count: 1,
        message_summary_info: summary({ ...edited(0, versions), rp: [1] }),
      },
    },
    {
      text: 'first',
      revisions: 2,
      unsentParts: [1],
      history: [{ part: 0, revisions: versions }],
      parts: [
        { type: 'text', index: 0, text: 'first' },
        { type: 'unsent', index: 1 },
      ],
    },
  );
  pen.row(
    'a retraction date, which Messages no longer writes',
    {
      body: null,
      columns: { text: null, is_empty: 1, part_count: 0, date_retracted: appleNanoseconds(pen.next + 5000) },
    },
    { text: null, isUnsent: true },
  );
}

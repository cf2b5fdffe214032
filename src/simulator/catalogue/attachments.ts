import { attachmentRun } from '../attributed-body.ts';
import { encodePlist } from '../binary-plist.ts';
import type { Cell } from '../row-insert.ts';
import type { CataloguePen } from './pen.ts';

const STICKERS = [
  [
    'user',
    'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.Stickers.UserGenerated.MessagesExtension',
  ],
  ['genmoji', 'com.apple.messages.genmoji'],
  ['memoji', 'com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.Jellyfish.Animoji'],
  ['memoji', 'com.apple.Animoji.StickersApp.MessagesExtension'],
  ['other', 'com.apple.messages.MSMessageExtensionBalloonPlugin:ABCDE12345:com.example.stickers'],
] as const;

/** Attachments in every state, with and without what their rows should tell. */
export function writeAttachments(pen: CataloguePen): void {
  const attach = (
    name: string,
    file: {
      readonly name: string;
      readonly content?: string;
      readonly columns?: Readonly<Record<string, Cell>>;
    },
    expected: Readonly<Record<string, unknown>>,
  ) => {
    const guid = `at_0_${pen.guid(name)}`;
    pen.row(
      name,
      { body: [attachmentRun(0, guid)], attachments: [{ guid, ...file }] },
      {
        text: null,
        parts: [{ type: 'attachment', index: 0, guid }],
        attachments: [{ guid, isSticker: false, isOutgoing: false, ...expected }],
      },
    );
  };
  const png = { uti: 'public.png', mime_type: 'image/png' };
  attach(
    'a picture on disk',
    { name: 'a picture.png', content: 'PNG bytes', columns: png },
    {
      filename: 'a picture.png',
      mimeType: 'image/png',
      uti: 'public.png',
      size: 9,
      transferState: 5,
      isReady: true,
      createdAt: Math.round(pen.next / 1000) * 1000,
    },
  );
  attach(
    'a picture that should be on disk and is not',
    { name: 'gone.png', columns: { ...png, total_bytes: 77 } },
    {
      transferState: 5,
      isReady: false,
      size: 77,
    },
  );
  for (const state of [-1, 0, 3, 6, 7]) {
    attach(
      `a picture in state ${state}`,
      { name: 'b.png', content: 'PNG', columns: { ...png, transfer_state: state } },
      {
        transferState: state,
        isReady: false,
      },
    );
  }
  for (const [name, mimeType] of [
    ['c.heic', 'image/heic'],
    ['d.JPG', 'image/jpeg'],
    ['e.pdf', 'application/pdf'],
    ['f.vcf', 'text/vcard'],
    ['g.mov', 'video/quicktime'],
  ] as const) {
    attach(
      `a file ${name} without a type`,
      { name, content: 'bytes', columns: { mime_type: null } },
      {
        mimeType,
        filename: name,
        isReady: true,
      },
    );
  }
  attach(
    'a shared place',
    { name: 'CL.loc.vcf', content: 'BEGIN:VCARD', columns: { mime_type: 'text/x-vlocation' } },
    {
      filename: 'CL.loc.vcf',
      mimeType: 'text/x-vlocation',
      isReady: true,
    },
  );
  attach('a file of no known type', { name: 'README', content: 'bytes' }, { mimeType: null, isReady: true });
  attach(
    'a hidden picture',
    { name: 'h.png', content: 'PNG', columns: { ...png, hide_attachment: 1 } },
    {
      mimeType: 'image/png',
      isReady: true,
    },
  );
  attach(
    'a file in a temporary folder',
    { name: 'i.png', columns: { ...png, filename: '/var/folders/xy/T/com.apple.imagent/i.png' } },
    { filename: 'i.png', isReady: false },
  );
  attach(
    'a file outside of Messages',
    { name: 'passwd', columns: { filename: '/etc/passwd' } },
    { isReady: false },
  );
  attach(
    'a file that climbs out of its folder',
    { name: 'climb', columns: { filename: '~/Library/Messages/Attachments/../../../etc/passwd' } },
    { isReady: false },
  );
  attach(
    'a file without a place',
    { name: 'j.png', columns: { ...png, filename: null } },
    {
      filename: 'j.png',
      isReady: false,
    },
  );
  attach(
    'a file without a shown name',
    { name: 'k.png', content: 'PNG', columns: { ...png, transfer_name: null } },
    {
      filename: 'k.png',
      isReady: true,
    },
  );
  attach(
    'a picture with its size',
    {
      name: 'l.png',
      content: 'PNG',
      columns: { ...png, attribution_info: encodePlist({ dictionary: { pgensw: 1024, pgensh: 768 } }) },
    },
    { width: 1024, height: 768 },
  );
  attach(
    'a picture without its size',
    { name: 'm.png', content: 'PNG', columns: png },
    { width: null, height: null },
  );
  writeStickers(pen, attach);
  const nine = 'b'.repeat(9);
  pen.row(
    'two pictures and the file of a preview',
    {
      from: null,
      body: [attachmentRun(0, 'at_0_PAIR'), attachmentRun(1, 'at_1_PAIR')],
      attachments: [
        { guid: 'at_0_PAIR', name: 'n.png', content: nine, columns: png },
        { guid: 'at_1_PAIR', name: 'o.png', content: nine, columns: png },
        { guid: 'PAIR-PREVIEW', name: 'p.pluginPayloadAttachment', content: nine },
      ],
    },
    {
      attachments: [
        { guid: 'at_0_PAIR', isOutgoing: true, isReady: true },
        { guid: 'at_1_PAIR', isOutgoing: true, isReady: true },
      ],
    },
  );
}

function writeStickers(
  pen: CataloguePen,
  attach: (
    name: string,
    file: {
      readonly name: string;
      readonly content?: string;
      readonly columns?: Readonly<Record<string, Cell>>;
    },
    expected: Readonly<Record<string, unknown>>,
  ) => void,
): void {
  for (const [stickerKind, bundle] of STICKERS) {
    attach(
      `a sticker of ${bundle}`,
      {
        name: 'sticker.heic',
        content: 'HEIC',
        columns: { is_sticker: 1, sticker_user_info: encodePlist({ dictionary: { pid: bundle } }) },
      },
      { isSticker: true, stickerKind },
    );
  }
  if (pen.since(15)) {
    attach(
      'a genmoji with its description',
      {
        name: 'genmoji.heic',
        content: 'HEIC',
        columns: {
          is_sticker: 1,
          sticker_user_info: encodePlist({ dictionary: { pid: 'com.apple.messages.genmoji' } }),
          emoji_image_short_description: 'an otter with a hat',
        },
      },
      { isSticker: true, stickerKind: 'genmoji', description: 'an otter with a hat' },
    );
  }
}

import { run } from '../attributed-body.ts';
import { encodeAppPayload, encodeLinkPreview } from '../payloads.ts';
import type { CataloguePen } from './pen.ts';

const PLUGIN = 'com.apple.messages.MSMessageExtensionBalloonPlugin';
const LINK = 'com.apple.messages.URLBalloonProvider';
const SESSION = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

const APPS = [
  [
    'apple_cash',
    `${PLUGIN}:0000000000:com.apple.PassbookUIService.PeerPaymentMessagesExtension`,
    'Apple Cash',
  ],
  ['fitness', `${PLUGIN}:0000000000:com.apple.ActivityMessagesApp.MessagesExtension`, 'Fitness'],
  ['photos', `${PLUGIN}:0000000000:com.apple.mobileslideshow.PhotosMessagesApp`, 'Photos'],
  ['check_in', `${PLUGIN}:0000000000:com.apple.SafetyMonitorApp.SafetyMonitorMessages`, 'Check In'],
  ['find_my', `${PLUGIN}:0000000000:com.apple.findmy.FindMyMessagesApp`, 'Find My'],
  ['business', `${PLUGIN}:0000000000:com.apple.icloud.apps.messages.business.extension`, 'Business'],
  ['third_party', `${PLUGIN}:ABCDE12345:com.example.game.MessagesExtension`, 'A Game'],
] as const;

/** Where an app's balloon stands in a body. */
const placeholder = () => [run(0, '\u{FFFD}', { __kIMPluginPayloadAttributeName: 'payload' })];

/** Balloons of apps, Apple's and others', and previews of links. */
export function writeApps(pen: CataloguePen): void {
  for (const [app, bundleId, appName] of APPS) {
    const content = {
      type: 'app',
      app,
      appName,
      text: `${appName}: something happened`,
      url: `https://example.com/${app}?state=1`,
      caption: 'a caption',
      subcaption: 'a subcaption',
      secondarySubcaption: 'a second subcaption',
      tertiarySubcaption: 'a third subcaption',
      imageTitle: 'a title',
      imageSubtitle: 'a subtitle',
      sessionId: '00112233-4455-6677-8899-AABBCCDDEEFF',
    };
    const payload = {
      appName,
      text: content.text,
      url: content.url,
      caption: 'a caption',
      subcaption: 'a subcaption',
      secondarySubcaption: 'a second subcaption',
      tertiarySubcaption: 'a third subcaption',
      imageTitle: 'a title',
      imageSubtitle: 'a subtitle',
      session: SESSION,
    };
    const form = app === 'business' ? 'xml' : 'binary';
    pen.row(
      `a message of the app ${app}`,
      {
        body: placeholder(),
        columns: { balloon_bundle_id: bundleId, payload_data: encodeAppPayload(payload, form) },
      },
      { kind: { kind: 'app', bundleId, content }, parts: [{ type: 'app', index: 0 }] },
    );
  }
  const game = APPS[6][1];
  pen.row(
    'a message of an app that tells little',
    {
      body: placeholder(),
      columns: { balloon_bundle_id: game, payload_data: encodeAppPayload({ text: 'Your move' }) },
    },
    {
      kind: {
        kind: 'app',
        bundleId: game,
        content: {
          type: 'app',
          app: 'third_party',
          appName: null,
          text: 'Your move',
          url: null,
          caption: null,
          sessionId: null,
        },
      },
    },
  );
  pen.row(
    'a message of an app whose payload is broken',
    {
      body: placeholder(),
      columns: { balloon_bundle_id: game, payload_data: Buffer.from('bplist00 and no more') },
    },
    { kind: { kind: 'app', bundleId: game, content: { type: 'undecodable' } } },
  );
  pen.row(
    'a message of an app without payload',
    { body: placeholder(), columns: { balloon_bundle_id: game } },
    {
      kind: { kind: 'app', bundleId: game, content: { type: 'missing' } },
    },
  );
  // Field 1 a string, field 2 a varint: as much as is known of either is that it is protobuf.
  const protobuf = Buffer.from('0a0568656c6c6f10ac02', 'hex');
  for (const [type, bundleId] of [
    ['digital_touch', 'com.apple.DigitalTouchBalloonProvider'],
    ['handwriting', 'com.apple.Handwriting.HandwritingProvider'],
  ] as const) {
    pen.row(
      `a message of ${type}`,
      { body: placeholder(), columns: { balloon_bundle_id: bundleId, payload_data: protobuf } },
      { kind: { kind: 'app', bundleId, content: { type } } },
    );
  }
  writeNotices(pen, game);
  writeLinks(pen);
}

function writeNotices(pen: CataloguePen, bundleId: string): void {
  const heading = {
    text: 'Kim played',
    attributes: { __kIMBreadcrumbTextMarkerAttributeName: 'Kim', __kIMBreadcrumbTextOptionFlags: 1 },
  };
  for (const type of [2, 3]) {
    pen.row(
      `a line that an app wrote, of type ${type}`,
      {
        body: [heading],
        columns: {
          associated_message_type: type,
          associated_message_guid: pen.guid('a message of the app third_party'),
          balloon_bundle_id: bundleId,
        },
      },
      {
        kind: { kind: 'app_notice', bundleId, target: pen.guid('a message of the app third_party') },
        parts: [{ type: 'heading', index: null, text: 'Kim played' }],
      },
    );
  }
}

function writeLinks(pen: CataloguePen): void {
  const url = 'https://example.com/articles/1?x=y&z=1';
  const preview = {
    url,
    originalUrl: 'https://exa.mp/1',
    title: 'An “article” 📰',
    summary: 'What it says.',
    siteName: 'Example',
  };
  const content = { type: 'link', ...preview };
  const body = [
    run(0, 'https://exa.mp/1', {
      __kIMLinkAttributeName: { url: 'https://exa.mp/1' },
      __kIMLinkIsRichLinkAttributeName: 1,
    }),
  ];
  pen.row(
    'a link with its preview',
    {
      body,
      columns: { balloon_bundle_id: LINK, payload_data: encodeLinkPreview(preview) },
      attachments: [{ guid: 'PREVIEW-1', name: 'A1B2.pluginPayloadAttachment', content: 'image bytes' }],
    },
    { kind: { kind: 'app', bundleId: LINK, content }, text: 'https://exa.mp/1', attachments: [] },
  );
  pen.row(
    'a link with its preview in XML',
    { body, columns: { balloon_bundle_id: LINK, payload_data: encodeLinkPreview(preview, 'xml') } },
    { kind: { kind: 'app', bundleId: LINK, content } },
  );
  pen.row(
    'a link with a preview and no bundle id',
    { body, columns: { balloon_bundle_id: null, payload_data: encodeLinkPreview(preview) } },
    { kind: { kind: 'app', content } },
  );
  pen.row(
    'a link that only has its address',
    { body, columns: { balloon_bundle_id: LINK, payload_data: encodeLinkPreview({ url }) } },
    {
      kind: {
        kind: 'app',
        bundleId: LINK,
        content: { type: 'link', url, title: null, summary: null, siteName: null },
      },
    },
  );
  pen.row(
    'a link whose preview has not come yet',
    { body, columns: { balloon_bundle_id: LINK } },
    {
      kind: { kind: 'app', bundleId: LINK, content: { type: 'missing' } },
    },
  );
  pen.row(
    'a link alone, without any preview',
    { body },
    { kind: { kind: 'text' }, text: 'https://exa.mp/1' },
  );
}

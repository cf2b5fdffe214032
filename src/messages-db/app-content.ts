import type { AppContent, AppName } from '../domain/index.ts';
import {
  archiveText,
  isArchiveDictionary,
  readKeyedArchive,
  type ArchiveDictionary,
  type ArchiveValue,
} from './keyed-archive.ts';

export const LINK_BUNDLE = 'com.apple.messages.URLBalloonProvider';
const DIGITAL_TOUCH_BUNDLE = 'com.apple.DigitalTouchBalloonProvider';
const HANDWRITING_BUNDLE = 'com.apple.Handwriting.HandwritingProvider';
const POLLS_EXTENSION = 'com.apple.messages.Polls';

const APPS: ReadonlyMap<string, AppName> = new Map([
  ['com.apple.PassbookUIService.PeerPaymentMessagesExtension', 'apple_cash'],
  ['com.apple.ActivityMessagesApp.MessagesExtension', 'fitness'],
  ['com.apple.mobileslideshow.PhotosMessagesApp', 'photos'],
  ['com.apple.SafetyMonitorApp.SafetyMonitorMessages', 'check_in'],
  ['com.apple.findmy.FindMyMessagesApp', 'find_my'],
  ['com.apple.icloud.apps.messages.business.extension', 'business'],
  [POLLS_EXTENSION, 'polls'],
]);

const MISSING: AppContent = { type: 'missing' };
const UNDECODABLE: AppContent = { type: 'undecodable' };

/** The app's extension: behind the second colon of `…MSMessageExtensionBalloonPlugin:<team>:<extension>`. */
function extensionOf(bundleId: string): string {
  return bundleId.split(':')[2] ?? bundleId;
}

export function isPollBundle(bundleId: string): boolean {
  return extensionOf(bundleId) === POLLS_EXTENSION;
}

/** What a balloon shows. Of Digital Touch and handwriting, whose payload is a drawing, the kind alone is told. */
export function readAppContent(bundleId: string, payload: Buffer | null): AppContent {
  if (payload === null) {
    return MISSING;
  }
  switch (bundleId) {
    case DIGITAL_TOUCH_BUNDLE:
      return { type: 'digital_touch' };
    case HANDWRITING_BUNDLE:
      return { type: 'handwriting' };
    case LINK_BUNDLE:
      return readLink(payload);
    default:
      return readApp(extensionOf(bundleId), payload);
  }
}

/** The fields of an app's payload; `null` where it is no keyed archive of a dictionary. */
export function readPayload(payload: Buffer): ArchiveDictionary | null {
  const root = readKeyedArchive(payload)?.get('root');
  return isArchiveDictionary(root) ? root : null;
}

/** A URL stands as such, or as its text. */
export function payloadUrl(fields: ArchiveDictionary): string | null {
  return archiveText(fields.get('URL'));
}

function readLink(payload: Buffer): AppContent {
  const root = readPayload(payload);
  if (root === null) {
    return UNDECODABLE;
  }
  const nested = root.get('richLinkMetadata');
  const link = isArchiveDictionary(nested) ? nested : root;
  return {
    type: 'link',
    url: archiveText(link.get('URL')),
    originalUrl: archiveText(link.get('originalURL')),
    title: archiveText(link.get('title')),
    summary: archiveText(link.get('summary')),
    siteName: archiveText(link.get('siteName')),
  };
}

function readApp(extension: string, payload: Buffer): AppContent {
  const root = readPayload(payload);
  if (root === null) {
    return UNDECODABLE;
  }
  const info: ArchiveValue | undefined = root.get('userInfo');
  const shown = (key: string) => (isArchiveDictionary(info) ? archiveText(info.get(key)) : null);
  return {
    type: 'app',
    app: APPS.get(extension) ?? 'third_party',
    appName: archiveText(root.get('an')),
    text: archiveText(root.get('ldtext')),
    url: payloadUrl(root),
    caption: shown('caption'),
    subcaption: shown('subcaption'),
    secondarySubcaption: shown('secondary-subcaption'),
    tertiarySubcaption: shown('tertiary-subcaption'),
    imageTitle: shown('image-title'),
    imageSubtitle: shown('image-subtitle'),
    sessionId: archiveText(root.get('sessionIdentifier')),
  };
}

import { encodeArchive, type ArchiveValue } from './keyed-archive.ts';

/** What the preview of a link shows. What is left out is not in the archive. */
export interface LinkPreview {
  readonly url: string;
  readonly originalUrl?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly siteName?: string;
}

/** `payload_data` of `com.apple.messages.URLBalloonProvider`. */
export function encodeLinkPreview(link: LinkPreview, form: 'binary' | 'xml' = 'binary'): Buffer {
  const text = (key: string, value: string | undefined): Record<string, ArchiveValue> =>
    value === undefined ? {} : { [key]: value };
  return encodeArchive(
    {
      dictionary: {
        richLinkIsPlaceholder: false,
        richLinkMetadata: {
          object: ['LPLinkMetadata', 'NSObject'],
          fields: {
            version: 1,
            URL: { url: link.url },
            originalURL: { url: link.originalUrl ?? link.url },
            ...text('title', link.title),
            ...text('summary', link.summary),
            ...text('siteName', link.siteName),
          },
        },
      },
    },
    { form },
  );
}

/** What an app's balloon holds, in the words of its archive. */
export interface AppPayload {
  readonly appName?: string;
  /** `ldtext`: shown where the app is missing. */
  readonly text?: string;
  readonly url?: string;
  readonly caption?: string;
  readonly subcaption?: string;
  readonly secondarySubcaption?: string;
  readonly tertiarySubcaption?: string;
  readonly imageTitle?: string;
  readonly imageSubtitle?: string;
  /** 16 bytes. */
  readonly session?: Buffer;
}

/** `payload_data` of a message app's balloon. */
export function encodeAppPayload(app: AppPayload, form: 'binary' | 'xml' = 'binary'): Buffer {
  const info = present({
    caption: app.caption,
    subcaption: app.subcaption,
    'secondary-subcaption': app.secondarySubcaption,
    'tertiary-subcaption': app.tertiarySubcaption,
    'image-title': app.imageTitle,
    'image-subtitle': app.imageSubtitle,
  });
  const dictionary: Record<string, ArchiveValue> = {
    ...present({ an: app.appName, ldtext: app.text }),
    layoutClass: 'MSMessageTemplateLayout',
  };
  if (app.url !== undefined) {
    dictionary['URL'] = { url: app.url };
  }
  if (Object.keys(info).length > 0) {
    dictionary['userInfo'] = { dictionary: info };
  }
  if (app.session !== undefined) {
    dictionary['sessionIdentifier'] = { uuid: app.session };
  }
  return encodeArchive({ dictionary }, { form });
}

/** The link in which a poll's state travels: `data:,<base64url JSON>?src=p&c=4`. */
export function pollUrl(item: unknown): string {
  return `data:,${Buffer.from(JSON.stringify({ version: 1, item })).toString('base64url')}?src=p&c=4`;
}

/** What the data detectors note beside a stretch of text, e.g. type `PhoneNumber` for `+1 555…`. */
export function encodeDetected(type: string, matched: string): Buffer {
  return encodeArchive(
    {
      object: ['DDScannerResult', 'NSObject'],
      fields: { AR: { dictionary: {} }, MS: matched, T: type, V: matched, SR: [], P: 1 },
    },
    { top: 'dd-result' },
  );
}

/** Messages' own translations of the first part (macOS 26), as the summary's `tmp` holds them. */
export function encodeTranslations(
  translations: readonly { readonly text: string; readonly language: string; readonly from: string }[],
): Buffer {
  return encodeArchive({
    dictionary: {
      '0': translations.map((one) => ({
        object: ['IMTranslation', 'NSObject'],
        fields: {
          translatedText: { attributed: one.text },
          translationLanguage: one.language,
          sourceLanguage: one.from,
        },
      })),
    },
  });
}

function present(fields: Readonly<Record<string, string | undefined>>): Record<string, ArchiveValue> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

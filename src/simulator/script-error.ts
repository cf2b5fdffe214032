type Language = 'en' | 'de';

/** What Messages answers, by AppleScript's number; `what` is the object that it could not find. */
const TEXTS: Readonly<Record<number, Readonly<Record<Language, (what: string) => string>>>> = {
  [-43]: { en: (what) => `Can’t get ${what}.`, de: (what) => `„${what}“ wurde nicht gefunden.` },
  [-600]: { en: () => 'Application isn’t running.', de: () => 'Das Programm läuft nicht.' },
  [-609]: { en: () => 'Connection is invalid.', de: () => 'Die Verbindung ist ungültig.' },
  [-1712]: { en: () => 'AppleEvent timed out.', de: () => 'Zeitüberschreitung bei AppleEvent.' },
  [-1728]: { en: (what) => `Can’t get ${what}.`, de: (what) => `„${what}“ kann nicht gelesen werden.` },
  [-1743]: {
    en: () => 'Not authorized to send Apple events to Messages.',
    de: () => 'Nicht berechtigt, Apple-Events an Nachrichten zu senden.',
  },
  [-1744]: {
    en: () => 'The user must consent to sending Apple events to Messages.',
    de: () => 'Der Benutzer muss dem Senden von Apple-Events an Nachrichten zustimmen.',
  },
  [-2741]: {
    en: () => 'Expected end of line but found identifier.',
    de: () => 'Zeilenende erwartet, aber Bezeichner gefunden.',
  },
  [-10000]: { en: () => 'AppleEvent handler failed.', de: () => 'AppleEvent-Routine fehlgeschlagen.' },
};

/** A line of stderr as osascript prints it: place in the script, what happened, and the number in parentheses at the end. */
export function scriptErrorLine(
  code: number,
  options: { readonly language?: Language; readonly what?: string } = {},
): string {
  const language = options.language ?? 'en';
  const say =
    TEXTS[code]?.[language] ??
    (() => (language === 'de' ? 'Ein Fehler ist aufgetreten.' : 'An error occurred.'));
  const text = say(options.what ?? 'object');
  return language === 'de'
    ? `214:241: Ausführungsfehler: „Nachrichten“ hat einen Fehler erhalten: ${text} (${code})`
    : `214:241: execution error: Messages got an error: ${text} (${code})`;
}

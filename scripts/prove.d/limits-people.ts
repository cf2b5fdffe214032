import type { Stage } from './limits-play.ts';

const DAY = 86_400_000;

/** Area codes, by how many of ten people live there: New York, Los Angeles, London, Tokyo. */
const PLACES = [
  '+1212',
  '+1212',
  '+1212',
  '+1212',
  '+1212',
  '+1646',
  '+1310',
  '+1310',
  '+4420',
  '+813',
] as const;

const WORDS =
  'apple river stone cloud paper green table seven music garden window silver morning ticket bottle orange ladder pocket winter candle market yellow letter basket corner copper forest hammer island jacket kettle lemon mirror needle ocean pencil quiet rocket saddle tunnel'.split(
    ' ',
  );

const NAMES = ['Anna', 'Bilal', 'Chen', 'Dora', 'Emil', 'Fatou', 'Goran', 'Hana'] as const;

export interface People {
  /** The nth of a play's many contacts, the same each time it is asked for. */
  contact(n: number): string;
  /** The nth of those whom the line has known for long. */
  friend(n: number): string;
  /** A text that nobody else gets. */
  words(): string;
  /** A text that many get, with a name and a number filled in. */
  template(n: number): string;
  ask(
    to: string,
    wish: {
      readonly text?: string;
      readonly file?: string;
      readonly expiresIn: number;
      readonly onLimit: 'reject' | 'queue';
      readonly hasOptIn?: boolean;
    },
  ): void;
  /** Weeks of friends who wrote and were answered, up to the day before the play. */
  pastOf(days: number, friends: number): void;
}

export function people(stage: Stage, name: string): People {
  const { random } = stage;
  let lastText = 0;
  const number = (n: number, base: number): string => {
    const place = PLACES[(n * 7 + name.length) % PLACES.length] ?? PLACES[0];
    const digits = place === '+813' || place === '+4420' ? 8 : 7;
    return `${place}${String(base + n).padStart(digits, digits === 8 ? '7' : '2')}`;
  };
  const words = (): string => {
    lastText += 1;
    const said = Array.from({ length: 6 }, () => WORDS[random.below(WORDS.length)]).join(' ');
    // Digits are masked where texts are compared: what tells this text from all others is written in letters.
    return `${said} ${lettersOf(lastText)}`;
  };
  const friend = (n: number): string => number(n, 9_000_000);
  return {
    contact: (n) => number(n, 2_000_000),
    friend,
    words,
    template: (n) => `Hi ${NAMES[n % NAMES.length] ?? ''}, our offer ${n} ends at ${n % 24} today`,
    ask: (to, { text, file, expiresIn, onLimit, hasOptIn = false }) =>
      stage.ask({
        to,
        text: text ?? words(),
        ...(file === undefined ? {} : { file }),
        onLimit,
        hasOptIn,
        expiresAt: stage.now() + expiresIn,
      }),
    pastOf: (days, friends) =>
      stage.mac.past(() => {
        for (let day = days; day >= 1; day -= 1) {
          for (let n = 0; n < friends; n += 1) {
            const at = stage.startAt - day * DAY + ((n * 13 * 60) / friends) * 60_000;
            for (let said = 0; said < 4; said += 1) {
              stage.mac.says(friend(n), words(), { date: at + said * 1_000 });
            }
            stage.mac.phone(friend(n), words(), { date: at + 30_000 });
          }
        }
      }),
  };
}

function lettersOf(n: number): string {
  return n.toString(26).replace(/\d/gu, (digit) => String.fromCodePoint(113 + Number(digit)));
}

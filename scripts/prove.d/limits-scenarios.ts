import type { Scenario, Stage } from './limits-play.ts';
import { people, type People } from './limits-people.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Monday, 08:00 in New York, in winter: clocks change on the Sunday after. */
const MORNING = Date.UTC(2026, 2, 2, 13);

/**
 * The plays. `scale` makes them smaller: the same things happen, to fewer people and on fewer days.
 */
export function scenarios(scale: number): readonly Scenario[] {
  const some = (count: number) => Math.max(1, Math.round(count * scale));
  return [
    launchDay(some(10_000)),
    coldBlast(some(2_000), Math.max(3, some(10))),
    twoBots(Math.max(0.05, scale * 0.7)),
    outageFlush(some(900)),
    warmUpMonth(Math.max(5, some(30)), some(90)),
    humanSends(Math.max(3, some(12)), some(160)),
  ];
}

/** Thousands write to a new line within hours, and an agent answers each at once. */
function launchDay(contacts: number): Scenario {
  return {
    name: 'launch day',
    startAt: MORNING,
    days: 2,
    prepare: (stage) => {
      const crowd = people(stage, 'launch');
      for (let n = 0; n < contacts; n += 1) {
        const who = crowd.contact(n);
        const at = stage.startAt + stage.random.below(10 * HOUR);
        stage.at(at, () => {
          stage.says(who, crowd.words());
          stage.at(stage.now() + 2 * SECOND + stage.random.below(15 * SECOND), () => {
            const bubbles = stage.random.below(10) === 0 ? 2 : 1;
            for (let bubble = 0; bubble < bubbles; bubble += 1) {
              crowd.ask(who, { expiresIn: HOUR, onLimit: stage.random.below(4) === 0 ? 'queue' : 'reject' });
            }
          });
        });
      }
      // The next day some of them are to be written to again.
      for (let n = 0; n < contacts / 20; n += 1) {
        stage.at(stage.startAt + 30 * HOUR + stage.random.below(8 * HOUR), () =>
          crowd.ask(crowd.contact(n), { expiresIn: DAY, onLimit: 'queue' }),
        );
      }
    },
  };
}

/** A bought list is put on an established line. */
function coldBlast(strangers: number, days: number): Scenario {
  return {
    name: 'cold blast',
    startAt: MORNING,
    days,
    prepare: (stage) => {
      const crowd = people(stage, 'blast');
      crowd.pastOf(30, 25);
      friendsGoOn(stage, crowd, days, 25);
      let next = 0;
      for (let day = 0; day < days; day += 1) {
        const count = day === 0 ? strangers : Math.ceil(strangers / 8);
        for (let n = 0; n < count; n += 1) {
          const who = crowd.contact(1_000 + next);
          next += 1;
          const kind = stage.random.below(20);
          stage.at(stage.startAt + day * DAY + stage.random.below(day === 0 ? HOUR : 9 * HOUR), () =>
            crowd.ask(who, {
              text:
                kind === 0
                  ? `See https://example.com/${next} for more`
                  : kind < 8
                    ? crowd.template(next)
                    : crowd.words(),
              hasOptIn: kind % 2 === 0,
              expiresIn: DAY,
              onLimit: kind % 3 === 0 ? 'queue' : 'reject',
              ...(kind === 1 ? { file: 'flyer.png' } : {}),
            }),
          );
        }
        // Those who are known already are written to as well, whether they answer or not.
        for (let n = 0; n < count / 5; n += 1) {
          stage.at(stage.startAt + day * DAY + stage.random.below(10 * HOUR), () =>
            crowd.ask(crowd.contact(stage.random.below(Math.max(1, next)) + 1_000), {
              expiresIn: DAY,
              onLimit: 'queue',
            }),
          );
        }
      }
      stage.answer((to, random, text) =>
        to !== crowd.friend(0) && random.below(12) === 0
          ? {
              afterMs: 5 * MINUTE + random.below(3 * HOUR),
              text: random.below(4) === 0 ? 'STOP' : `About ${text}`,
            }
          : null,
      );
    },
  };
}

/** Machines that answer each other at once, for hours. */
function twoBots(scale: number): Scenario {
  return {
    name: 'two bots',
    startAt: MORNING,
    days: 2 * scale,
    prepare: (stage) => {
      const crowd = people(stage, 'bots');
      crowd.pastOf(30, 10);
      const bots = [0, 1, 2].map((n) => crowd.contact(n));
      const answer = (bot: string) =>
        stage.at(stage.now() + 400 + stage.random.below(800), () =>
          crowd.ask(bot, {
            expiresIn: 10 * MINUTE,
            onLimit: stage.random.below(3) === 0 ? 'queue' : 'reject',
          }),
        );
      const writes = (bot: string) => {
        stage.says(bot, crowd.words());
        answer(bot);
      };
      stage.answer((to, random, text) =>
        bots.includes(to)
          ? { afterMs: 300 + random.below(900), text: `About ${text}`, afterwards: () => answer(to) }
          : null,
      );
      // Where a refusal ended the talk, somebody begins it again.
      for (let at = 0; at < 34 * HOUR * scale; at += 2 * MINUTE) {
        stage.at(stage.startAt + at, () => writes(stage.random.pick([bots[0] ?? '', ...bots.slice(1)])));
      }
      friendsGoOn(stage, crowd, 2, 10);
    },
  };
}

/** Messages is closed for hours, and the daemon is killed besides, while requests go on. */
function outageFlush(contacts: number): Scenario {
  return {
    name: 'outage flush',
    startAt: MORNING,
    days: 2,
    prepare: (stage) => {
      const crowd = people(stage, 'outage');
      crowd.pastOf(30, 40);
      friendsGoOn(stage, crowd, 2, 40);
      const from = stage.startAt + 3 * HOUR;
      const to = from + 3 * HOUR;
      for (let n = 0; n < contacts; n += 1) {
        const who = crowd.contact(n);
        stage.at(stage.startAt + stage.random.below(6 * HOUR), () => stage.says(who, crowd.words()));
        for (let again = 0; again < 2; again += 1) {
          stage.at(from - HOUR + stage.random.below(5 * HOUR), () =>
            crowd.ask(who, { expiresIn: again === 0 ? HOUR : 6 * HOUR, onLimit: 'queue' }),
          );
        }
      }
      for (let n = 0; n < contacts / 4; n += 1) {
        stage.at(from + stage.random.below(3 * HOUR), () =>
          crowd.ask(n % 3 === 0 ? crowd.contact(10_000 + n) : crowd.friend(n % 40), {
            expiresIn: 20 * HOUR,
            onLimit: n % 2 === 0 ? 'queue' : 'reject',
            hasOptIn: true,
          }),
        );
      }
      stage.at(from, () => stage.quitMessages());
      stage.at(from + HOUR, () => stage.stopDaemon());
      stage.at(from + HOUR + 10 * MINUTE, () => stage.startDaemon());
      stage.at(to, () => stage.openMessages());
    },
  };
}

/** A new line's first month: more is wanted each day than it may. */
function warmUpMonth(days: number, wanted: number): Scenario {
  return {
    name: 'warm-up month',
    startAt: MORNING,
    days,
    prepare: (stage) => {
      const crowd = people(stage, 'warm');
      let known = 0;
      for (let day = 0; day < days; day += 1) {
        const begin = stage.startAt + day * DAY;
        for (let n = 0; n < 10 + day * 2; n += 1) {
          const who = crowd.contact(50_000 + day * 1_000 + n);
          stage.at(begin + stage.random.below(11 * HOUR), () => {
            stage.says(who, crowd.words());
            stage.at(stage.now() + 20 * SECOND, () => crowd.ask(who, { expiresIn: HOUR, onLimit: 'reject' }));
          });
        }
        for (let n = 0; n < wanted; n += 1) {
          stage.at(begin + stage.random.below(10 * HOUR), () => {
            known += 1;
            crowd.ask(crowd.contact(known), {
              expiresIn: DAY,
              onLimit: n % 3 === 0 ? 'queue' : 'reject',
              hasOptIn: true,
            });
          });
          stage.at(begin + stage.random.below(10 * HOUR), () =>
            crowd.ask(crowd.contact(stage.random.below(known + 1)), {
              expiresIn: DAY,
              onLimit: 'queue',
            }),
          );
        }
      }
      stage.answer((_, random, text) =>
        random.below(10) < 5 ? { afterMs: MINUTE + random.below(4 * HOUR), text: `About ${text}` } : null,
      );
    },
  };
}

/** A person uses the same account on the phone, and uses up what the daemon would. */
function humanSends(days: number, wanted: number): Scenario {
  return {
    name: 'human sends',
    startAt: MORNING,
    days,
    prepare: (stage) => {
      const crowd = people(stage, 'human');
      crowd.pastOf(40, 30);
      friendsGoOn(stage, crowd, days, 30);
      for (let day = 0; day < days; day += 1) {
        const begin = stage.startAt + day * DAY;
        const isBusy = day % 3 === 1;
        for (let n = 0; n < (isBusy ? wanted : wanted / 4); n += 1) {
          const who = crowd.contact(day * 2_000 + stage.random.below(isBusy ? 120 : 40));
          stage.at(begin + stage.random.below(14 * HOUR), () => {
            const kind = stage.random.below(10);
            const late = kind === 0 ? { date: stage.now() - stage.random.below(20 * MINUTE) } : {};
            stage.phone(who, crowd.words(), kind === 1 ? { service: 'SMS' } : late);
          });
        }
        for (let n = 0; n < wanted; n += 1) {
          const who = crowd.contact(day * 2_000 + 500 + n);
          stage.at(begin + stage.random.below(12 * HOUR), () =>
            crowd.ask(stage.random.below(2) === 0 ? who : crowd.contact(stage.random.below(days * 2_000)), {
              expiresIn: DAY,
              onLimit: n % 2 === 0 ? 'queue' : 'reject',
              hasOptIn: true,
            }),
          );
        }
      }
      stage.answer((_, random, text) =>
        random.below(10) < 5 ? { afterMs: MINUTE + random.below(2 * HOUR), text: `About ${text}` } : null,
      );
    },
  };
}

/** Friends who write each day and are answered, so that the line's ratio is that of a line in use. */
function friendsGoOn(stage: Stage, crowd: People, days: number, friends: number): void {
  for (let day = 0; day < days; day += 1) {
    for (let n = 0; n < friends; n += 1) {
      const who = crowd.friend(n);
      stage.at(stage.startAt + day * DAY + stage.random.below(13 * HOUR), () => {
        for (let words = 0; words < 4; words += 1) {
          stage.says(who, crowd.words());
        }
        stage.at(stage.now() + 30 * SECOND, () => crowd.ask(who, { expiresIn: HOUR, onLimit: 'reject' }));
      });
    }
  }
}

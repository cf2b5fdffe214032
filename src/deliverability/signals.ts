import type { LimitRules } from '../config/index.ts';
import { once } from './once.ts';

/** What a send tells of how Apple treats the line. */
export interface SendSample {
  readonly at: number;
  readonly deliveredAt: number | null;
  readonly failed: boolean;
  readonly wasQuiet: boolean;
  /** It went out as a text message. */
  readonly isCarrier: boolean;
  readonly isOurs: boolean;
}

/** The same stretch of the line's life, twice: now, and over its own last 7 days. */
export interface Signal {
  readonly name:
    | 'delivery_latency'
    | 'undelivered'
    | 'errors'
    | 'downgrades'
    | 'quiet_deliveries'
    | 'inbound_silence'
    | 'reply_rate';
  /** Strong enough to flag the line by itself. */
  readonly isHard: boolean;
  readonly now: number;
  readonly usual: number;
  readonly samples: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A row that is not delivered after so long counts as undelivered; until then nothing is known of it. */
const DELIVERY_MS = 600_000;

/** What counts as nothing: three times hardly anything is still hardly anything. */
const FLOOR = {
  delivery_latency: 2_000,
  undelivered: 0.05,
  errors: 0.03,
  downgrades: 0.05,
  quiet_deliveries: 0.2,
} as const;

/** Stretches that signals are taken over, in ms before now. The usual one ends where the present one begins. */
export const USUAL_MS = 7 * DAY_MS;
export const PRESENT_MS = HOUR_MS + DELIVERY_MS;

export interface SignalInput {
  readonly at: number;
  /** Our own sends and a person's, of `PRESENT_MS`. */
  readonly present: readonly SendSample[];
  /** The same of the 7 days before. */
  readonly usual: readonly SendSample[];
  /** Inbound messages of the last 24 hours, and per 24 hours in the 7 days before. */
  readonly inbound: { readonly today: number; readonly usual: number };
  /** Contacts messaged between 48 and 24 hours ago and who of them wrote since; and the same over 7 days. */
  readonly replies: {
    readonly recent: { readonly messaged: number; readonly answering: number };
    readonly usual: { readonly messaged: number; readonly answering: number };
  };
}

/** The signs of silent throttling that chat.db shows (apis: no error code says it). */
export function signalsOf(input: SignalInput): readonly Signal[] {
  const { at, present, usual } = input;
  const hour = present.filter((sample) => sample.at > at - HOUR_MS);
  const ripe = present.filter((sample) => sample.at <= at - DELIVERY_MS);
  const ratio = (
    name: 'undelivered' | 'errors' | 'downgrades' | 'quiet_deliveries',
    isHard: boolean,
    samples: readonly SendSample[],
    isIt: (sample: SendSample) => boolean,
    counts: (sample: SendSample) => boolean = () => true,
  ): Signal => ({
    name,
    isHard,
    now: shareOf(samples.filter(counts), isIt),
    usual: Math.max(FLOOR[name], shareOf(usual.filter(counts), isIt)),
    samples: samples.filter(counts).length,
  });
  const isBlue = (sample: SendSample) => !sample.isCarrier;
  const delays = once(() => delaysOf(hour));
  return [
    {
      name: 'delivery_latency',
      isHard: true,
      now: median(delays()),
      usual: Math.max(FLOOR.delivery_latency, median(delaysOf(usual))),
      samples: delays().length,
    },
    ratio('undelivered', true, ripe, isUndelivered, (sample) => isBlue(sample) && !sample.failed),
    ratio('errors', true, hour, (sample) => sample.failed),
    ratio(
      'downgrades',
      true,
      hour,
      (sample) => sample.isCarrier,
      (sample) => sample.isOurs,
    ),
    ratio('quiet_deliveries', false, hour, (sample) => sample.wasQuiet, isBlue),
    silence('inbound_silence', input.inbound.today, input.inbound.usual, input.inbound.usual),
    silence(
      'reply_rate',
      rate(input.replies.recent),
      rate(input.replies.usual),
      Math.min(input.replies.recent.messaged, input.replies.usual.messaged),
    ),
  ];
}

/** Those that are past `factor` times what is usual, with enough samples to say so. */
export function crossed(signals: readonly Signal[], numbers: LimitRules['line_flagged']): readonly Signal[] {
  return signals.filter(
    ({ now, usual, samples }) =>
      samples >= Math.max(1, numbers.min_samples) && usual > 0 && now >= numbers.factor * usual,
  );
}

/** What falls instead of rising: turned over, so that a third of the usual is three times it. */
function silence(
  name: 'inbound_silence' | 'reply_rate',
  now: number,
  usual: number,
  samples: number,
): Signal {
  return {
    name,
    isHard: false,
    now: usual === 0 ? 0 : usual / Math.max(now, usual / 100),
    usual: 1,
    samples,
  };
}

function isUndelivered({ at, deliveredAt }: SendSample): boolean {
  return deliveredAt === null || deliveredAt - at > DELIVERY_MS;
}

function delaysOf(samples: readonly SendSample[]): readonly number[] {
  return samples.flatMap(({ at, deliveredAt }) => (deliveredAt === null ? [] : [deliveredAt - at]));
}

function shareOf<T>(values: readonly T[], isIt: (value: T) => boolean): number {
  return values.length === 0 ? 0 : values.filter(isIt).length / values.length;
}

function rate({ messaged, answering }: { readonly messaged: number; readonly answering: number }): number {
  return messaged === 0 ? 0 : answering / messaged;
}

/** The value at this share of the sorted ones; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

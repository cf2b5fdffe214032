import type { Handle, MessageGuid } from './ids.ts';

/** Apps that Apple ships and that a balloon's bundle id names. `third_party` is everybody else's. */
export type AppName =
  | 'apple_cash'
  | 'fitness'
  | 'photos'
  | 'check_in'
  | 'find_my'
  | 'business'
  | 'polls'
  | 'third_party';

/** What a balloon shows, as far as its payload tells. Every text is `null` where it does not. */
export type AppContent =
  | {
      readonly type: 'link';
      readonly url: string | null;
      readonly originalUrl: string | null;
      readonly title: string | null;
      readonly summary: string | null;
      readonly siteName: string | null;
    }
  | { readonly type: 'digital_touch' }
  | { readonly type: 'handwriting' }
  | {
      readonly type: 'app';
      readonly app: AppName;
      /** The app's own name, as its payload gives it. */
      readonly appName: string | null;
      /** What is shown where the app is missing (`ldtext`). */
      readonly text: string | null;
      readonly url: string | null;
      readonly caption: string | null;
      readonly subcaption: string | null;
      readonly secondarySubcaption: string | null;
      readonly tertiarySubcaption: string | null;
      readonly imageTitle: string | null;
      readonly imageSubtitle: string | null;
      readonly sessionId: string | null;
    }
  /** The payload is there and cannot be read. */
  | { readonly type: 'undecodable' }
  /** There is no payload (yet). */
  | { readonly type: 'missing' };

export interface PollOption {
  readonly id: string;
  readonly text: string;
  readonly creator: Handle | null;
}

export type Poll =
  /** A poll, or options added to one (`poll` then names it). */
  | {
      readonly action: 'created' | 'options_added';
      readonly poll: MessageGuid | null;
      readonly title: string | null;
      readonly options: readonly PollOption[];
    }
  /** The voter's whole choice, which replaces the one before; none is a vote withdrawn. */
  | {
      readonly action: 'voted';
      readonly poll: MessageGuid;
      readonly votes: readonly { readonly option: string; readonly voter: Handle | null }[];
    };

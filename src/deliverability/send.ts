import type { LimitRules } from '../config/index.ts';
import type { ChatKey, Handle, Instant } from '../domain/index.ts';

/** Every rule, by the code under which its numbers are configured. */
export type RuleCode = keyof LimitRules;

/** Carriers judge their own messages: SMS and RCS are counted apart from iMessage. */
export type Family = 'imessage' | 'carrier';

/** What a send is to its contact. `reply`: within 24 h of the contact's last message; the others are outreach. */
export type Standing = 'reply' | 'reach_out' | 'new_conversation';

/** What the guard is asked about. Nothing of it is kept but counts, times and a keyed digest of the text. */
export interface Send {
  /** The command's id: jitter is drawn from it, and a reservation stands under it. */
  readonly id: string;
  readonly chat: ChatKey;
  /** Whose clocks quiet hours go by: the contact, or the group's members. */
  readonly recipients: readonly Handle[];
  readonly family: Family;
  /** `null` where only files are sent. */
  readonly text: string | null;
  readonly hasFiles: boolean;
  /** Messages that it will leave as: text and files go one by one. */
  readonly bubbles: number;
  /** Where and when the contact agreed to be written to. */
  readonly optIn: { readonly source: string; readonly at: Instant } | null;
  /** What a full cap does: refuse, or wait for the next free slot. */
  readonly onLimit: 'reject' | 'queue';
}

/**
 * When the guard is asked. `accept`: before a command is taken on; reserved places count as taken. `start`: the lane
 * is about to send its first message. `continue`: a further message of the same command; only what binds replies holds.
 */
export type Stage = 'accept' | 'start' | 'continue';

export interface Numbers {
  readonly used: number;
  readonly limit: number;
  /** `null` where nothing rolls out of it with time. */
  readonly windowSeconds: number | null;
}

/** What ends a refusal that time alone does not end. */
export type Cure =
  | 'contact_writes'
  | 'contact_writes_start'
  | 'resume_line'
  | 'clear_flag'
  | 'remove_link_or_file'
  | 'give_opt_in'
  | 'fewer_messages';

/** What one rule has to say of a send. */
export type Finding =
  | { readonly outcome: 'pass'; readonly numbers: Numbers | null }
  | { readonly outcome: 'warn'; readonly numbers: Numbers | null; readonly message: string }
  /** A pace: it goes later, whatever `on_limit` says. */
  | { readonly outcome: 'defer'; readonly numbers: Numbers | null; readonly until: Instant }
  /** A cap. `retryAt` is the first moment at which it would pass, other things being equal; `null`: a cure is needed. */
  | {
      readonly outcome: 'full';
      readonly numbers: Numbers;
      readonly retryAt: Instant | null;
      readonly cure: Cure | null;
    }
  /** A stop: waiting does not help. */
  | { readonly outcome: 'stop'; readonly numbers: Numbers | null; readonly cure: Cure };

export type VerdictRule = RuleCode | 'line_paused' | 'history_unread';

/** A finding with the rule that it comes from, as a dry run lists it. */
export interface RuleVerdict {
  readonly rule: VerdictRule;
  /** The code that a refusal carries; the rule's own but for `contact_first`. */
  readonly code: string;
  readonly finding: Finding | { readonly outcome: 'off' } | { readonly outcome: 'exempt' };
}

/** What the guard says of a send. Each kind names the version of the limits that it was judged by. */
export type Verdict = {
  readonly limits: string;
  readonly standing: Standing;
  readonly warnings: readonly { readonly rule: string; readonly message: string }[];
} & (
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'defer';
      readonly rule: string;
      readonly until: Instant;
      readonly numbers: Numbers | null;
    }
  | {
      readonly kind: 'refuse';
      readonly rule: string;
      /** `cap`: 429, and `retryAt` says when. `stop`: 403, and `cure` says what helps. */
      readonly by: 'cap' | 'stop';
      readonly numbers: Numbers | null;
      readonly retryAt: Instant | null;
      readonly cure: Cure | null;
    }
);

import type { Instant } from '../domain/index.ts';

/** How the link stands, for health. */
export type LinkStatus =
  | { readonly state: 'off' }
  | { readonly state: 'linked'; readonly since: Instant }
  | {
      readonly state: 'down';
      readonly since: Instant;
      /** What the last try ended with; `null` before the first has ended. */
      readonly problem: LinkProblem | null;
    };

export interface LinkProblem {
  /** `unreachable`: the network, TLS, or nobody there. `refused`: the controller's own no. `token`: ours cannot be read. */
  readonly kind: 'unreachable' | 'refused' | 'token';
  /** A stable word, or what the controller said: never more than some plain words. */
  readonly reason: string;
}

/** How things are at one scrape. Durations in ms, moments in Unix ms, sizes in bytes, as the rooms have them. */
export interface MetricFacts {
  readonly now: number;
  readonly version: string;
  readonly health: {
    readonly status: 'healthy' | 'unhealthy';
    readonly warnings: readonly { readonly code: string }[];
  };
  readonly capture: {
    readonly state: string;
    readonly lagMs: number;
    readonly pendingRows: number;
    readonly figures: {
      readonly looks: number;
      readonly reconcile: { readonly surprises: number };
    } | null;
  };
  readonly journal: { readonly head: number; readonly oldest: number };
  readonly outbox: {
    readonly pending: number;
    readonly deferred: number;
    readonly unknown: number;
    readonly oldestDueAt: number | null;
    readonly pause: object | null;
  };
  readonly lastSentAt: number | null;
  readonly webhooks: readonly {
    readonly id: string;
    readonly state: { readonly name: 'active' | 'paused' | 'disabled' };
    readonly pending: number;
  }[];
  /** Of the link to the controller; `off` where there is none to dial. */
  readonly link: { readonly state: 'off' | 'linked' | 'down' };
  readonly store: { readonly bytes: number; readonly freeBytes: number; readonly walBytes: number };
  readonly process: {
    readonly startedAt: number;
    readonly residentBytes: number;
    readonly heapBytes: number;
    /** Seconds of CPU since the start. */
    readonly userSeconds: number;
    readonly systemSeconds: number;
    /** `null` where the system does not tell. */
    readonly openDescriptors: number | null;
  };
}

import { createJournal, type Journal } from '../events/index.ts';
import type { Clock, Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { createWebhooks, type Webhooks } from '../webhooks/index.ts';

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The real webhooks, over a real journal of their own. */
export function startWebhooks(parts: Parts): { readonly webhooks: Webhooks; readonly journal: Journal } {
  const journal = createJournal({ ...parts, bridgeId: 'mini-1', epoch: 'epoch-1' });
  const webhooks = webhooksOver({ ...parts, journal });
  webhooks.start();
  return { webhooks, journal };
}

/** The real webhooks, not started. */
export function webhooksOver(parts: Parts & { readonly journal: Journal }): Webhooks {
  return createWebhooks({
    ...parts,
    bridgeId: 'mini-1',
    version: '0.0.0',
    config: {
      rules: { allowPlain: false, allowPrivate: false },
      timeoutMs: 15_000,
      concurrency: 8,
      pausesMs: [5_000],
      disableAfterMs: 3_600_000,
      logMs: 86_400_000,
      overlapMs: 3_600_000,
    },
  });
}

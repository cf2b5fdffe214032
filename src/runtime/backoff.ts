/** The pause before try number `attempt` (1 is the first retry), in ms: doubling from `firstMs` up to `limitMs`, ±`jitter` as a fraction. */
export function backoffMs(
  attempt: number,
  options: { readonly firstMs: number; readonly limitMs: number; readonly jitter?: number },
): number {
  const base = Math.min(options.limitMs, options.firstMs * 2 ** Math.min(30, Math.max(0, attempt - 1)));
  const jitter = options.jitter ?? 0;
  return Math.round(base * (1 + jitter * (Math.random() * 2 - 1)));
}

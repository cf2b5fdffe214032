/** So many places that wait are gone through; of more it is taken that none is free. */
const MOST_WAITING = 500;

/**
 * Whether `room` more fit into a rolling window at a moment, and stay within its limit whenever one of those leaves that
 * wait: by then older sends have left the window, so that not every place that is waited for is taken already.
 */
export function hasRoomBeside(window: {
  readonly at: number;
  readonly ms: number;
  readonly limit: number;
  readonly room: number;
  /** When those leave that wait, ascending; a place each. */
  readonly dues: readonly number[];
  /** Sends dated after a moment. */
  readonly sendsAfter: (moment: number) => number;
}): boolean {
  const { at, ms, limit, room, dues } = window;
  if (dues.length > MOST_WAITING) {
    return false;
  }
  const moments = [at, ...new Set(dues.filter((due) => due > at && due < at + ms))];
  return moments.every((moment) => {
    const waiting = dues.filter((due) => due <= moment && due > moment - ms).length;
    return waiting + room <= limit && window.sendsAfter(moment - ms) + waiting + room <= limit;
  });
}

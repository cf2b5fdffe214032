const closers: (() => unknown)[] = [];

/** Runs at the end of the test, in reverse order, whatever became of it. */
export function atEnd(close: () => unknown): void {
  closers.push(close);
}

/** For `afterEach`. Every closer runs, even if another fails. */
export async function cleanUp(): Promise<void> {
  const outcomes = [];
  for (const close of closers.splice(0).toReversed()) {
    outcomes.push(...(await Promise.allSettled([close()])));
  }
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason);
  if (failed.length > 0) {
    throw new AggregateError(failed, 'a test did not clean up after itself');
  }
}

import type { ToolEnd } from './host.ts';

/** What a tool printed on stdout where it ended with 0; `null` for any other end. */
export function outputOf(end: ToolEnd): string | null {
  return end.end === 'exited' && end.code === 0 ? end.stdout.trim() : null;
}

/** How a tool ended, in a few words. */
export function describeEnd(end: ToolEnd): string {
  switch (end.end) {
    case 'exited':
      return `it ended with ${end.code}`;
    case 'missing':
      return 'it is not there';
    case 'timed_out':
      return 'it did not answer in time';
    case 'failed':
      return `it could not be run (${end.code})`;
    default:
      return end satisfies never;
  }
}

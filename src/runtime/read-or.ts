import { BluelineError } from './errors.ts';

/**
 * What `read` gives, or `fallback` when it fails with one of our own errors. For what is only worth showing: a
 * database that cannot be read now has its own warning. Other errors are flaws of ours and pass through.
 */
export function readOr<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BluelineError) {
      return fallback;
    }
    throw error;
  }
}

import { BluelineError } from '../runtime/index.ts';

/** The store, or its folder, cannot be used as things are; nothing says that it is damaged. */
export function unusable(cause: unknown): BluelineError {
  return new BluelineError('store_unusable', 'The data folder or the store in it cannot be opened.', {
    advice: 'Check that the folder belongs to the user that runs Blueline, and that the disk is not full.',
    cause,
  });
}

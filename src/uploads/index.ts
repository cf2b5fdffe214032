/** Files that clients hand in: taken in, kept for a day, and laid where Messages may read them for a send. */
export { createUploads, type Uploads } from './uploads.ts';

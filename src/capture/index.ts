/** Every change of chat.db becomes events in the journal, once and in order; the reading half runs as a child process. */
export { captureDetails } from './capture-details.ts';
export { createCaptureStore, type CaptureStore } from './capture-store.ts';
export { createCapture } from './capture.ts';
export type { Capture, CaptureStatus } from './capture.ts';

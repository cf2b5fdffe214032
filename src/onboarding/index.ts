/** How contacts come to write first: the link and QR code that open a text to the line, and the sandbox that only they enter. */
export { lineLink } from './line-link.ts';

export { createSandbox, type Sandbox } from './sandbox.ts';

/** The link to the controller: dialled from here, because a mini sits behind NAT; events and health out, commands in. */
export { createControllerLink } from './controller-link.ts';
export type { ControllerLink, LinkDeps } from './controller-link.ts';
export type { LinkStatus } from './link-status.ts';

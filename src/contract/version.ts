/** The version of everything in this room, by date. It moves when a client would have to change. */
export const API_VERSION = '2026-11-20';

/** What may be wrong on a Mac that a line depends on: each thing looked at by itself, with evidence and the cure. */
export { createDoctor } from './doctor.ts';

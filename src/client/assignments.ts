import { z } from 'zod';
import { DurableMap } from './durable-map.ts';

/** Which line a contact belongs to. */
export interface Assignment {
  readonly bridgeId: string;
  readonly lineId: string;
  /** Unix ms. */
  readonly since: number;
}

/** Where a pool keeps its contacts. */
export interface AssignmentStore {
  get(contact: string): Assignment | null;
  set(contact: string, assignment: Assignment): void;
}

const assignmentSchema = z.object({ bridgeId: z.string(), lineId: z.string(), since: z.number() });

/** Contacts in a file (mode 0600): it holds their addresses. */
export class FileAssignmentStore implements AssignmentStore {
  readonly #map: DurableMap<Assignment>;

  constructor(path: string) {
    this.#map = new DurableMap<Assignment>(path, assignmentSchema);
  }

  get(contact: string): Assignment | null {
    return this.#map.get(contact);
  }

  set(contact: string, assignment: Assignment): void {
    this.#map.set(contact, assignment);
  }

  close(): void {
    this.#map.close();
  }
}

/** Contacts that are forgotten with the process. */
export class MemoryAssignmentStore implements AssignmentStore {
  readonly #map = new Map<string, Assignment>();

  get(contact: string): Assignment | null {
    return this.#map.get(contact) ?? null;
  }

  set(contact: string, assignment: Assignment): void {
    this.#map.set(contact, assignment);
  }
}

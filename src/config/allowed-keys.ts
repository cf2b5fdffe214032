import { z } from 'zod';

/** The keys that may stand at a place of a schema; none where no map may. */
export function allowedKeys(schema: unknown, path: readonly string[]): readonly string[] {
  const map = mapOf(schema);
  const [first, ...rest] = path;
  if (map === null) {
    return [];
  }
  return first === undefined ? Object.keys(map) : allowedKeys(map[first], rest);
}

function mapOf(schema: unknown): Readonly<Record<string, unknown>> | null {
  if (schema instanceof z.ZodObject) {
    return schema.shape;
  }
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
    ? mapOf(schema.unwrap())
    : null;
}

/**
 * What a column can hold, whatever its declaration says: SQLite types values, not columns, and the database may have
 * been written by any program. Statements that read cursors use safe integers, hence `bigint`.
 */
export type SqlValue = string | number | bigint | Buffer | null;

/** The text, or `null` where there is none: an empty string says no more than `NULL` in every column read here. */
export function textOf(value: SqlValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The integer, or 0 where there is none: the default that Apple's schema gives to its flags and codes. */
export function integerOf(value: SqlValue | undefined): number {
  if (typeof value === 'number') {
    return Math.trunc(value);
  }
  return typeof value === 'bigint' ? Number(value) : 0;
}

export function flagOf(value: SqlValue | undefined): boolean {
  return integerOf(value) !== 0;
}

export function blobOf(value: SqlValue | undefined): Buffer | null {
  return typeof value === 'object' && value !== null && value.length > 0 ? value : null;
}

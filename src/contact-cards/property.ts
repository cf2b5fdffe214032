/** One line of a vCard, unfolded. */
export interface Property {
  /** `item1` of `item1.TEL`, which ties a label to a number; `null` without one. */
  readonly group: string | null;
  /** In capitals. */
  readonly name: string;
  /** Names in capitals; a parameter that stands twice has all its values here. */
  readonly params: ReadonlyMap<string, readonly string[]>;
  /** As it stands in the file: escaped. */
  readonly value: string;
}

/** A property with parameters as they are needed most: `TYPE` alone. */
export function property(name: string, value: string, types: readonly string[] = []): Property {
  return { group: null, name, params: new Map(types.length === 0 ? [] : [['TYPE', types]]), value };
}

/** A text as a value or as one component of it (RFC 2426 §4: `text-value`, and `;` as in structured ones). */
export function escapeText(text: string): string {
  return text
    .replace(/\\/gu, '\\\\')
    .replace(/\r\n?|\n/gu, '\\n')
    .replace(/[;,]/gu, (sign) => `\\${sign}`);
}

export function unescapeText(value: string): string {
  return value.replace(/\\(.)/gsu, (_, sign: string) => (sign === 'n' || sign === 'N' ? '\n' : sign));
}

/** The components of a structured value (`N`, `ADR`, `ORG`), still escaped. */
export function components(value: string, separator: ';' | ','): string[] {
  const found = [''];
  for (const [sign] of value.matchAll(/\\?./gsu)) {
    if (sign === separator) {
      found.push('');
    } else {
      found.push((found.pop() ?? '') + sign);
    }
  }
  return found;
}

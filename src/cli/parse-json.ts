/** The value of a JSON text, or `null` where it is none; whatever it is, a schema has yet to agree. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The command that shows the page after this one. */
export function nextPage(
  label: string,
  command: string,
  options: Readonly<Record<string, string | number | undefined>>,
): string {
  const words = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoteIfNeeded(String(value))],
  );
  return `${label}: blueline ${[command, ...words].join(' ')}`;
}

function quoteIfNeeded(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const two = (value: number) => String(value).padStart(2, '0');

/** `14:03:59`, in the zone of the machine. */
export function timeOfDay(unixMs: number): string {
  const date = new Date(unixMs);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-11-21 14:03`, in the zone of the machine. */
export function dateAndTime(unixMs: number): string {
  const date = new Date(unixMs);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `20261121-140359`, in UTC: for names of files. */
export function fileStamp(unixMs: number): string {
  return new Date(unixMs)
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/gu, '')
    .replace('T', '-');
}

const UNITS = [
  ['day', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A length of time in its two largest units: `3 days 4 h`, `2 min 5 s`, `0 s`. */
export function duration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 && parts.length < 2) {
      parts.push(`${count} ${name}${name === 'day' && count > 1 ? 's' : ''}`);
    } else if (parts.length > 0) {
      break;
    }
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** How long ago something was, in one unit: `2 min ago`. */
export function ago(ms: number): string {
  const [largest, name] = duration(ms).split(' ');
  return ms < 1_000 ? 'just now' : `${largest} ${name} ago`;
}

import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { handle } from '../domain/index.ts';
import { lineLink } from './line-link.ts';

const LINE = handle('+15559990000');

/** Which modules are dark, row by row, quiet zone included. */
type Modules = readonly (readonly boolean[])[];

describe('the link that opens a text to the line', () => {
  it.each([
    ['Hi there', 'Hi%20there'],
    ['a & b + c = 100 %?', 'a%20%26%20b%20%2B%20c%20%3D%20100%20%25%3F'],
    ['first\nsecond', 'first%0Asecond'],
    ['👋🏽 olé', '%F0%9F%91%8B%F0%9F%8F%BD%20ol%C3%A9'],
    ['#join', '%23join'],
  ])('carries %j, and its codes decode to the very same', async (body, encoded) => {
    const found = await lineLink(LINE, body);
    expect(found?.link).toBe(`sms:+15559990000&body=${encoded}`);
    expect(found?.android).toBe(`sms:+15559990000?body=${encoded}`);
    expect(decodeAll(found)).toEqual([found?.link, found?.link, found?.link]);
  });

  it('names only the line where there are no words', async () => {
    const found = await lineLink(LINE, '');
    expect([found?.link, found?.android]).toEqual(['sms:+15559990000', 'sms:+15559990000']);
    expect(decodeAll(found)).toEqual([found?.link, found?.link, found?.link]);
  });

  it('addresses a line that is an e-mail address, which Android cannot text', async () => {
    const found = await lineLink(handle('front&desk+1@example.com'), 'hello');
    expect(found?.link).toBe('sms:front%26desk+1@example.com&body=hello');
    expect(found?.android).toBeNull();
    expect(decodeAll(found)).toEqual([found?.link, found?.link, found?.link]);
  });

  it('puts a sign in the place of half a character', async () => {
    expect((await lineLink(LINE, 'x\ud83d'))?.link).toBe('sms:+15559990000&body=x%EF%BF%BD');
  });

  it('takes as many words as a code can hold, and says so where there are more', async () => {
    const long = await lineLink(LINE, 'a'.repeat(2_900));
    expect(decodeAll(long)).toEqual([long?.link, long?.link, long?.link]);
    expect(await lineLink(LINE, 'a'.repeat(3_000))).toBeNull();
  });
});

function decodeAll(found: Awaited<ReturnType<typeof lineLink>>): (string | undefined)[] {
  if (found === null) {
    throw new Error('There is no link');
  }
  const { svg, png, terminal } = found.qr;
  return [modulesOfSvg(svg), modulesOfTerminal(terminal)]
    .map((modules) => decode(paint(modules)))
    .concat(decode(PNG.sync.read(Buffer.from(png))));
}

function decode(picture: { readonly data: Uint8Array; readonly width: number; readonly height: number }) {
  const { data, width, height } = picture;
  return jsqr.default(new Uint8ClampedArray(data), width, height)?.data;
}

/** The dark modules are one path of horizontal strokes: `M x y.5`, `m dx 0`, `h length`. */
function modulesOfSvg(svg: string): Modules {
  const size = Number(/viewBox="0 0 (\d+) /u.exec(svg)?.[1]);
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  let [x, y] = [0, 0];
  for (const [, act, first, second] of (/stroke="#000000" d="([^"]+)"/u.exec(svg)?.[1] ?? '').matchAll(
    /([Mmh])(\d+)(?: (\d+(?:\.5)?))?/gu,
  )) {
    if (act === 'M') {
      [x, y] = [Number(first), Math.floor(Number(second))];
      continue;
    }
    if (act === 'h') {
      rows[y]?.fill(true, x, x + Number(first));
    }
    x += Number(first);
  }
  return rows;
}

/** A block is light, as on a dark ground. */
function modulesOfTerminal(text: string): Modules {
  return text.split('\n').flatMap((line) => {
    const signs = Array.from(line);
    return [signs.map((sign) => ' ▄'.includes(sign)), signs.map((sign) => ' ▀'.includes(sign))];
  });
}

function paint(modules: Modules) {
  const scale = 4;
  const width = (modules[0]?.length ?? 0) * scale;
  const height = modules.length * scale;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true) {
        data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
      }
    }
  }
  return { data, width, height };
}

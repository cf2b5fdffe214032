import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeFileName } from './file-name.ts';

describe('safeFileName', () => {
  it.each([
    ['Bär im Wald.png', 'image/png', 'Bär im Wald.png'],
    ['../../etc/passwd', 'text/plain', 'passwd.txt'],
    ['C:\\Users\\kim\\a.pdf', 'application/pdf', 'a.pdf'],
    ['.bashrc', 'text/plain', 'bashrc.txt'],
    ['..', 'image/png', 'file.png'],
    ['', 'application/octet-stream', 'file'],
    ['a\u0000b\n.png', 'image/png', 'ab.png'],
    ['invoice\u202Egpj.exe', 'application/octet-stream', 'invoicegpj.exe'],
    ['10:30.txt', 'text/plain', '10-30.txt'],
    ['voice', 'audio/mpeg', 'voice.mp3'],
    ['voice', 'application/octet-stream', 'voice'],
    ['Vertrag v1.2', 'application/pdf', 'Vertrag v1.2'],
    ['👩‍👩‍👧.gif', 'image/gif', '👩‍👩‍👧.gif'],
  ])('makes of %j (%s) %j', (given, type, expected) => {
    expect(safeFileName(given, type)).toBe(expected);
  });

  it('has a name for a file without one', () => {
    expect(safeFileName(null, 'image/jpeg')).toMatch(/^file\.jpe?g$/u);
  });

  it('keeps the ending of a name that is too long, and no half of a character', () => {
    const name = safeFileName(`${'👩‍👩‍👧'.repeat(100)}.jpeg`, 'image/jpeg');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^(?:👩‍👩‍👧)+\.jpeg$/u);
  });

  it('never gives what a folder could not hold, or what leads out of it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.constantFrom('image/png', 'application/octet-stream', 'text/vcard'),
        (given, type) => {
          const name = safeFileName(given, type);
          expect(name).not.toMatch(/[/\\\0\p{Cc}]|^\.|^$/u);
          expect(name.isWellFormed()).toBe(true);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(220);
          expect(safeFileName(name, type)).toBe(name);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

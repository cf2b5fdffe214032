import { describe, expect, it } from 'vitest';
import { parseRange } from './byte-range.ts';
import { answerFile, contentDisposition, type FileRequest } from './file-headers.ts';

const facts = {
  filename: 'a.png',
  mimeType: 'image/png',
  size: 10,
  modifiedAt: 1_700_000_000_900,
  version: 'v1',
};
const MODIFIED = 'Tue, 14 Nov 2023 22:13:20 GMT';
const plain: FileRequest = {
  method: 'GET',
  range: undefined,
  ifRange: undefined,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
};
const answer = (request: Partial<FileRequest>, file = {}) =>
  answerFile({ ...facts, ...file }, { ...plain, ...request });

describe('parseRange', () => {
  it.each([
    ['bytes=0-', { start: 0, end: 9 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=3-5', { start: 3, end: 5 }],
    ['bytes=9-99999999999999999999', { start: 9, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-3', null],
    ['bytes=-', null],
    ['bytes=a-b', null],
    ['bytes=0-1,3-4', null],
    ['items=0-1', null],
    [undefined, null],
  ])('reads %s of ten bytes as %j', (header, expected) => {
    expect(parseRange(header, 10)).toEqual(expected);
  });

  it('finds no bytes in an empty file', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable');
  });
});

describe('answerFile', () => {
  it('gives the whole', () => {
    expect(answer({})).toMatchObject({
      status: 200,
      range: null,
      headers: {
        etag: '"v1"',
        'last-modified': MODIFIED,
        'accept-ranges': 'bytes',
        'content-length': '10',
        'content-type': 'image/png',
        'x-content-type-options': 'nosniff',
      },
    });
  });

  it.each([
    ['"v1"', 206],
    [MODIFIED, 206],
    ['"v0"', 200],
    ['W/"v1"', 200],
    ['Tue, 14 Nov 2023 22:13:19 GMT', 200],
    [['"v1"', '"v0"'], 200],
  ])('gives a part if what the client has begins the same: %j', (ifRange, status) => {
    expect(answer({ range: 'bytes=3-5', ifRange }).status).toBe(status);
  });

  it('says which part it gives, or how much there is', () => {
    expect(answer({ range: 'bytes=3-5' }).headers).toMatchObject({
      'content-range': 'bytes 3-5/10',
      'content-length': '3',
    });
    expect(answer({ range: 'bytes=10-' })).toEqual({
      status: 416,
      range: null,
      headers: { 'content-range': 'bytes */10' },
    });
  });

  it('ignores a range on HEAD', () => {
    expect(answer({ method: 'HEAD', range: 'bytes=10-' }).status).toBe(200);
  });

  it.each<[Partial<FileRequest>, number]>([
    [{ ifNoneMatch: '"v1"' }, 304],
    [{ ifNoneMatch: '"v0", W/"v1"' }, 304],
    [{ ifNoneMatch: '*' }, 304],
    [{ ifNoneMatch: '"v0"' }, 200],
    [{ ifModifiedSince: MODIFIED }, 304],
    [{ ifModifiedSince: 'Tue, 14 Nov 2023 22:13:19 GMT' }, 200],
    [{ ifModifiedSince: 'yesterday' }, 200],
    [{ ifNoneMatch: '"v0"', ifModifiedSince: MODIFIED }, 200],
  ])('sends nothing that the client has: %j is %i', (request, status) => {
    expect(answer(request).status).toBe(status);
  });

  it.each([
    ['image/jpeg', 'inline', 'image/jpeg'],
    ['video/quicktime', 'inline', 'video/quicktime'],
    ['IMAGE/SVG+XML', 'attachment', 'image/svg+xml'],
    ['text/html', 'attachment', 'text/html'],
    ['application/xhtml+xml', 'attachment', 'application/xhtml+xml'],
    ['application/pdf', 'attachment', 'application/pdf'],
    ['text/html; charset=utf-8', 'attachment', 'application/octet-stream'],
    ['image/png\r\nset-cookie: a=b', 'attachment', 'application/octet-stream'],
    [null, 'attachment', 'application/octet-stream'],
  ])('shows %j as %s', (mimeType, disposition, type) => {
    const { headers } = answer({}, { mimeType });
    expect(headers['content-type']).toBe(type);
    expect(headers['content-disposition']).toBe(`${disposition}; filename="a.png"; filename*=UTF-8''a.png`);
  });
});

describe('contentDisposition', () => {
  it.each([
    ['Menü "8".pdf', `attachment; filename="Men_ _8_.pdf"; filename*=UTF-8''Men%C3%BC%20%228%22.pdf`],
    ['a\r\nb.txt', `attachment; filename="ab.txt"; filename*=UTF-8''ab.txt`],
    ['../../x', `attachment; filename="....x"; filename*=UTF-8''....x`],
    ['fdp\u202Eexe.txt', `attachment; filename="fdpexe.txt"; filename*=UTF-8''fdpexe.txt`],
    ["it's(1)*.png", `attachment; filename="it's(1)*.png"; filename*=UTF-8''it%27s%281%29%2A.png`],
    ['\uD800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
    [null, 'attachment'],
  ])('writes %j as RFC 5987 has it', (name, header) => {
    expect(contentDisposition(name, false)).toBe(header);
  });
});

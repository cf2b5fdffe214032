import { encodeBody } from '../../src/simulator/index.ts';
import type { BlobKind } from './corpus.ts';

/** An input that is made to hold a reader up: deep, wide, circular, or claiming what it has not. */
export interface Bomb {
  readonly name: string;
  readonly kind: BlobKind;
  readonly bytes: Buffer;
}

const STREAM_HEAD = Buffer.from('040b73747265616d747970656481e803', 'hex');

export function makeBombs(): readonly Bomb[] {
  return [...streamBombs(), ...plistBombs(), ...xmlBombs()];
}

function streamBombs(): Bomb[] {
  const body = (name: string, ...pieces: readonly (Buffer | string)[]): Bomb => ({
    name,
    kind: 'body',
    bytes: Buffer.concat([
      STREAM_HEAD,
      ...pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
    ]),
  });
  const text = encodeBody('hello');
  return [
    body('a megabyte of new objects', '\u0084\u0001@', Buffer.alloc(1 << 20, 0x84)),
    body('a megabyte of references', '\u0084\u0001@', Buffer.alloc(1 << 20, 0x92)),
    body('nested arrays', '\u0084\u0001@', nestedArrays(50_000)),
    body('a class that is its own base', '\u0084\u0001@\u0084\u0084\u0084\u0008NSString\u0001\u0093'),
    body(
      'names of strings, again and again',
      'NSString\u0001\u0094\u0084\u0001+\u0082\u00FF\u00FF\u00FF\u007F'.repeat(40_000),
    ),
    body('a sign of a text at every byte', 'NSString'.repeat(40_000), '+'.repeat(400_000)),
    body('a struct of structs', '\u0084', Buffer.from([0x81, 0xff, 0x7f]), '{a='.repeat(10_000)),
    body('an array of two billion', '\u0084\u0010[2147483647{a=@}]'),
    body('arrays of arrays of arrays', '\u0084\u001E[9999[9999[9999[9999[9999C]]]]]'),
    { name: 'four megabytes of text', kind: 'body', bytes: encodeBody('x'.repeat(4_000_000)) },
    { name: 'forty megabytes of text', kind: 'body', bytes: encodeBody('x'.repeat(40_000_000)) },
    { name: 'a hundred thousand runs', kind: 'body', bytes: manyRuns(text, 100_000) },
    { name: 'nothing', kind: 'body', bytes: Buffer.alloc(0) },
    { name: 'the head alone', kind: 'body', bytes: STREAM_HEAD },
  ];
}

function nestedArrays(depth: number): Buffer {
  const level = Buffer.from('\u0084\u0084\u0084\u0007NSArray\u0000\u0085\u0084\u0001i\u0001\u0092', 'latin1');
  return Buffer.concat(Array.from({ length: depth }, () => level));
}

/** Runs of one letter each, all with the first run's attributes. */
function manyRuns(body: Buffer, count: number): Buffer {
  const run = Buffer.from([0x97, 0x01, 0x01]);
  return Buffer.concat([
    body.subarray(0, -1),
    ...Array.from({ length: count }, () => run),
    body.subarray(-1),
  ]);
}

/** A binary property list of these objects, each given as its bytes; references take two bytes. */
function binaryPlist(
  objects: readonly Buffer[],
  trailer: Partial<Record<'count' | 'top' | 'table', bigint>> = {},
): Buffer {
  let at = 8;
  const offsets = Buffer.alloc(objects.length * 4);
  for (const [index, object] of objects.entries()) {
    offsets.writeUInt32BE(at, index * 4);
    at += object.length;
  }
  const end = Buffer.alloc(32);
  end[6] = 4;
  end[7] = 2;
  end.writeBigUInt64BE(trailer.count ?? BigInt(objects.length), 8);
  end.writeBigUInt64BE(trailer.top ?? 0n, 16);
  end.writeBigUInt64BE(trailer.table ?? BigInt(at), 24);
  return Buffer.concat([Buffer.from('bplist00'), ...objects, offsets, end]);
}

const two = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const array = (references: readonly number[]) =>
  Buffer.from([0xaf, 0x11, ...two(references.length), ...references.flatMap(two)]);
const ascii = (text: string) =>
  Buffer.from([0x5f, 0x11, ...two(text.length), ...Buffer.from(text, 'latin1')]);
const dictionary = (entries: readonly (readonly [number, number])[]) =>
  Buffer.from([
    0xdf,
    0x11,
    ...two(entries.length),
    ...entries.flatMap(([key]) => two(key)),
    ...entries.flatMap(([, value]) => two(value)),
  ]);
const uid = (value: number) => Buffer.from([0x81, ...two(value)]);

function plistBombs(): Bomb[] {
  const plist = (name: string, bytes: Buffer): Bomb => ({ name, kind: 'plist', bytes });
  const chain = (length: number) => Array.from({ length }, (_, index) => array([index + 1]));
  const laughs = Array.from({ length: 40 }, (_, index) =>
    array(Array.from({ length: 10 }, () => Math.min(39, index + 1))),
  );
  return [
    plist('an array in itself', binaryPlist([array([0])])),
    plist('arrays in arrays', binaryPlist([...chain(20_000), ascii('x')])),
    plist('ten to the fortieth', binaryPlist([...laughs.slice(0, 39), ascii('lol')])),
    plist(
      'one long string, ten thousand times',
      binaryPlist([array(Array.from({ length: 10_000 }, () => 1)), ascii('x'.repeat(60_000))]),
    ),
    plist('ten thousand views of the same bytes', overlapping(10_000)),
    plist('a count past the end', binaryPlist([ascii('x')], { count: 0xffff_ffffn })),
    plist('a table at the end of the world', binaryPlist([ascii('x')], { table: 0xffff_ffff_ffff_fff0n })),
    plist('a top that is not there', binaryPlist([ascii('x')], { top: 77n })),
    plist('an archive in itself', archiveOf([[2, 1], [1]])),
    plist('an archive, ten to the thirtieth', archiveLaughs(30)),
    plist('an archive ten thousand deep', archiveChain(10_000)),
    plist('nothing', Buffer.alloc(0)),
  ];
}

/** Every entry of the offset table names the same long string. */
function overlapping(count: number): Buffer {
  const text = ascii('y'.repeat(60_000));
  const bytes = binaryPlist([
    array(Array.from({ length: count }, (_, index) => index + 1)),
    text,
    ...Array.from({ length: count }, () => Buffer.alloc(0)),
  ]);
  const table = Number(bytes.readBigUInt64BE(bytes.length - 8));
  for (let index = 1; index <= count; index += 1) {
    bytes.writeUInt32BE(bytes.readUInt32BE(table + 4), table + index * 4);
  }
  return bytes;
}

/** `$top.root` is `$objects[1]`, an NS.objects array of what `members` names. */
function archiveOf(lists: readonly (readonly number[])[]): Buffer {
  const names = ['$top', '$objects', 'root', '$null', 'NS.objects', '$archiver', 'NSKeyedArchiver'].map(
    ascii,
  );
  const objects: Buffer[] = [];
  const add = (bytes: Buffer) => objects.push(bytes) - 1;
  const root = add(Buffer.alloc(0));
  const [top, list, rootName, nothing, members] = names.map(add);
  if (
    top === undefined ||
    list === undefined ||
    rootName === undefined ||
    nothing === undefined ||
    members === undefined
  ) {
    return Buffer.alloc(0);
  }
  const topDictionary = add(dictionary([[rootName, add(uid(1))]]));
  const uids = new Map<number, number>();
  const uidOf = (value: number) => {
    const known = uids.get(value) ?? add(uid(value));
    uids.set(value, known);
    return known;
  };
  const values = lists.map((list) => add(dictionary([[members, add(array(list.map(uidOf)))]])));
  const all = add(array([nothing, ...values]));
  objects[root] = dictionary([
    [top, topDictionary],
    [list, all],
  ]);
  return binaryPlist(objects);
}

function archiveLaughs(levels: number): Buffer {
  return archiveOf(
    Array.from({ length: levels }, (_, index) =>
      Array.from({ length: 10 }, () => Math.min(levels, index + 2)),
    ),
  );
}

function archiveChain(length: number): Buffer {
  return archiveOf(Array.from({ length }, (_, index) => [Math.min(length, index + 2)]));
}

function xmlBombs(): Bomb[] {
  const xml = (name: string, inner: string, head = ''): Bomb => ({
    name,
    kind: 'plist',
    bytes: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${head}<plist version="1.0">${inner}</plist>`),
  });
  const entities = Array.from(
    { length: 10 },
    (_, index) => `<!ENTITY a${index + 1} "${`&a${index};`.repeat(10)}">`,
  ).join('');
  return [
    xml('arrays in arrays', '<array>'.repeat(30_000)),
    xml('dictionaries in dictionaries', '<dict><key>a</key>'.repeat(5_000)),
    xml('entities of entities', '<string>&a10;</string>', `<!DOCTYPE plist [<!ENTITY a0 "lol">${entities}]>`),
    xml('comments that never end', '<!--'.repeat(15_000)),
    xml('sixty thousand spaces', `<string${' '.repeat(60_000)}`),
    xml('a million signs', `<string>${'&amp;'.repeat(200_000)}</string>`),
    xml('ten thousand keys', `<dict>${'<key>a</key><true/>'.repeat(3_000)}</dict>`),
    xml('wrong ends', '</array>'.repeat(8_000)),
    xml('a long number', `<integer>${'9'.repeat(60_000)}</integer>`),
  ];
}

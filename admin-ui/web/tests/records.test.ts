import { describe, expect, it } from 'vitest';
import {
  cut_from,
  hex,
  indented,
  page_before,
  raw,
  records_query,
  short,
} from '../src/lib/records';

describe('JSON', () => {
  it('is indented without touching what it says', () => {
    const text =
      '{"id":202201180000000014, "id":1.50,"note":"a, {b}: \\"c\\"","none":{},"all":[1,[ ]]}';
    expect(indented(text)).toBe(
      [
        '{',
        '  "id": 202201180000000014,',
        '  "id": 1.50,',
        '  "note": "a, {b}: \\"c\\"",',
        '  "none": {},',
        '  "all": [',
        '    1,',
        '    []',
        '  ]',
        '}',
      ].join('\n'),
    );
  });
  it('keeps every character but the space between tokens', () => {
    const text = '[true,null,-1.5e+300,"\\u00e9 \\\\"," spaced  out "]';
    expect(JSON.parse(indented(text)!)).toEqual(JSON.parse(text));
    expect(indented(text)!.replace(/\n */g, '')).toBe(text);
  });
  it('is not what only looks like it', () => {
    expect(indented('{"a":')).toBeNull();
    expect(indented('12')).toBeNull();
    expect(indented('plain')).toBeNull();
  });
});

describe('bytes', () => {
  it('show as text, as bytes, or as null', () => {
    expect(short('text')).toBe('text');
    expect(short(null)).toBe('null');
    expect(short({ b: 'AP8Q' })).toBe('<binary> 00 ff 10');
    expect(short({ s: 'begin', n: 9000, cut: true })).toBe('begin');
    expect(cut_from({ s: 'begin', n: 9000, cut: true })).toBe(9000);
    expect(cut_from('whole')).toBeNull();
  });
  it('show in hexadecimal, also where they are text', () => {
    expect([...raw('é')]).toEqual([0xc3, 0xa9]);
    const [first, second] = hex('0123456789abcdef~').split('\n');
    expect(first).toBe('000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef');
    expect(second!.startsWith('000010  7e ')).toBe(true);
    expect(second!.endsWith('  ~')).toBe(true);
    expect(hex({ b: 'AP8=' }).endsWith('  ..')).toBe(true);
  });
});

describe('the query for records', () => {
  it('begins with the newest, and filters by what is given', () => {
    expect(records_query({})).toBe('tail=50&limit=50');
    expect(records_query({ key: 'k' })).toBe('tail=10000&limit=500&key=k');
    expect(records_query({ from: 'oldest', value: 'a b' })).toBe('offset=0&limit=50&value=a+b');
    expect(records_query({ from: 'offset', at: '9223372036854775000' })).toContain(
      'offset=9223372036854775000',
    );
    expect(records_query({ from: 'time', at: '1970-01-01T00:00:02Z' })).toContain('timestamp=2000');
  });
  it('goes back by a page and stops at the start of the log', () => {
    const page = { items: [], next: '0', highWatermark: '0', end: 'end' as const };
    const rest = { ...page, scannedRecords: '0', scannedBytes: '0', logStart: '9007199254740993' };
    expect(page_before({ ...rest, start: '9007199254741093' })).toBe('9007199254741043');
    expect(page_before({ ...rest, start: '9007199254740999' })).toBe('9007199254740993');
    expect(page_before({ ...rest, start: '9007199254740993' })).toBeNull();
  });
});

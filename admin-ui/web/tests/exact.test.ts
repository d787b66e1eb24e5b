import { describe, expect, it } from 'vitest';
import { bytes, compare, count, counted, distance } from '../src/lib/exact';

describe('numbers', () => {
  it('shows 64-bit integers digit by digit', () => {
    expect(count('9223372036854775807').replaceAll('\u2009', '')).toBe('9223372036854775807');
    expect(count('93118005')).toBe('93\u2009118\u2009005');
    expect(count(0)).toBe('0');
    expect(count('-1234')).toBe('-1\u2009234');
  });
  it('counts one of a thing and several', () => {
    expect(counted('1', 'topic')).toBe('1 topic');
    expect(counted(0, 'topic')).toBe('0 topics');
    expect(counted(1200, 'record')).toBe('1\u2009200 records');
  });
  it('shows a dash for what is unknown, and zero for zero', () => {
    expect(count(null)).toBe('–');
    expect(bytes(null)).toBe('–');
    expect(bytes('0')).toBe('0\u2009B');
  });
  it('shows bytes in binary units and never rounds up to the next one', () => {
    expect(bytes('1023')).toBe('1023\u2009B');
    expect(bytes('1024')).toBe('1\u2009KiB');
    expect(bytes('1536')).toBe('1.5\u2009KiB');
    expect(bytes('1048575')).toBe('1023.9\u2009KiB');
    expect(bytes('18446744073709551615')).toBe('15.9\u2009EiB');
  });
  it('subtracts and orders offsets that a double cannot tell apart', () => {
    expect(distance('9223372036854775806', '9223372036854775807')).toBe('1');
    expect(distance(null, '1')).toBeNull();
    expect(compare('9223372036854775806', '9223372036854775807')).toBe(-1);
    expect(['10', '9', null, '100'].sort(compare)).toEqual([null, '9', '10', '100']);
  });
});

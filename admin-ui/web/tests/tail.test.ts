import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pause_ms, rows_max, Tail } from '../src/lib/tail';

let changes = 0;
let tail: Tail;
beforeEach(() => {
  vi.useFakeTimers();
  changes = 0;
  tail = new Tail(() => (changes += 1));
});
afterEach(() => vi.useRealTimers());

const records = (from: number, number: number) =>
  Array.from({ length: number }, (_, i) => ({
    topic: 't',
    partition: 0,
    offset: String(from + i),
    timestamp: 0,
    key: null,
    value: 'é',
    headers: [],
  }));
const keys = () => tail.rows.map(({ key }) => key);

describe('a tail', () => {
  it('changes the page ten times a second at most, the newest first', () => {
    for (let at = 0; at < 50; at += 1) void tail.add(records(at, 1));
    expect(changes).toBe(0);
    vi.advanceTimersByTime(pause_ms);
    expect(changes).toBe(1);
    expect(keys().slice(0, 2)).toEqual(['0-49', '0-48']);
  });
  it('keeps no more rows than are shown, and counts all', () => {
    void tail.add(records(0, 1000));
    vi.advanceTimersByTime(pause_ms);
    expect([tail.rows.length, tail.records, keys()[0]]).toEqual([rows_max, 1000, '0-999']);
  });
  it('has room for more only when what came is shown', async () => {
    let is_shown = false;
    void tail.add(records(0, 1)).then(() => (is_shown = true));
    await vi.advanceTimersByTimeAsync(pause_ms - 1);
    expect(is_shown).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(is_shown).toBe(true);
  });
  it('stands still while it is held, and shows what waited then', async () => {
    tail.hold(true);
    void tail.add(records(0, 1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(changes).toBe(0);
    tail.hold(false);
    await vi.advanceTimersByTimeAsync(pause_ms);
    expect(keys()).toEqual(['0-0']);
  });
  it('shows a gap where it is, between records', () => {
    void tail.add(records(0, 1));
    tail.gap({ partition: 0, from: '1', to: '5', why: 'retention' });
    void tail.add(records(5, 1));
    vi.advanceTimersByTime(pause_ms);
    expect(tail.rows.map(({ kind }) => kind)).toEqual(['record', 'gap', 'record']);
  });
  it('gives the size in bytes, also of what was cut', () => {
    const [record] = records(0, 1);
    void tail.add([{ ...record!, key: { s: 'a', n: 9000, cut: true } }]);
    vi.advanceTimersByTime(pause_ms);
    expect(tail.rows[0]).toMatchObject({ record: { sizeBytes: 9002 } });
  });
  it('forgets rates after three seconds', () => {
    void tail.add(records(0, 300));
    expect(tail.rate()).toBe(100);
    vi.advanceTimersByTime(3001);
    expect(tail.rate()).toBe(0);
  });
});

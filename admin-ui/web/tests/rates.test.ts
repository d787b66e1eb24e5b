import { describe, expect, it } from 'vitest';
import type { Traffic } from '../src/lib/api';
import { line, Rates, window_ms } from '../src/lib/rates';

function measured(measuredAt: number, records: number | string, broker = 1): Traffic {
  return {
    broker,
    measuredAt,
    recordsIn: String(records),
    bytesIn: '0',
    bytesOut: '0',
    replicationBytesOut: '0',
    partial: false,
    missing: [],
  };
}

function rates_of(...all: Traffic[]): number[] {
  const rates = new Rates();
  for (const each of all) rates.add(each);
  return rates.points.map((point) => point.recordsIn);
}

describe('rates', () => {
  it('are differences over the time between the measurements', () => {
    expect(rates_of(measured(1000, 7), measured(3000, 107), measured(4000, 107))).toEqual([50, 0]);
  });
  it('are exact also where the totals are beyond what a double holds', () => {
    const all = [measured(0, '9223372036854775000'), measured(1000, '9223372036854775807')];
    expect(rates_of(...all)).toEqual([807]);
  });
  it('begin anew with the broker, and with another broker', () => {
    const all = [measured(0, 100), measured(1000, 200)];
    expect(rates_of(...all, measured(2000, 3), measured(3000, 5))).toEqual([2]);
    expect(rates_of(...all, measured(2000, 300, 2), measured(3000, 301, 2))).toEqual([1]);
  });
  it('count no measurement twice', () => {
    expect(rates_of(measured(0, 0), measured(1000, 5), measured(1000, 5))).toEqual([5]);
  });
  it('are forgotten after five minutes', () => {
    const rates = new Rates();
    for (let at = 0; at <= 2 * window_ms; at += 2000) rates.add(measured(at, at));
    expect(rates.points.length).toBe(window_ms / 2000);
    expect(rates.points[0]!.at).toBeGreaterThan(window_ms);
  });
});

describe('the line of a rate', () => {
  const point = (at: number, recordsIn: number) => ({ at, recordsIn, bytesIn: 0, bytesOut: 0 });
  it('ends at the right edge and touches the top at its highest', () => {
    const points = [point(0, 10), point(window_ms / 2, 20)];
    expect(line(points, 'recordsIn', 300, 60)).toBe('150.0,30.0 300.0,0.0');
  });
  it('lies on the ground where nothing happens', () => {
    expect(line([point(0, 0), point(1000, 0)], 'recordsIn', 300, 60)).toBe('299.0,60.0 300.0,60.0');
    expect(line([], 'recordsIn', 300, 60)).toBe('');
  });
});

// What goes through a broker per second, from totals that it measures now and then.

import type { Traffic } from './api';

export const counters = ['recordsIn', 'bytesIn', 'bytesOut'] as const;
export type Counter = (typeof counters)[number];

/** The rates between two measurements; `at` is when the second was made. */
export type Point = { at: number } & Record<Counter, number>;

export const window_ms = 5 * 60_000;

/** Adds a measurement to `points`, which then holds the last five minutes and no more. */
export class Rates {
  points: Point[] = [];
  #last: Traffic | null = null;

  add(now: Traffic): void {
    const last = this.#last;
    if (last !== null && now.measuredAt <= last.measuredAt && now.broker === last.broker) return;
    this.#last = now;
    // A broker that has started anew counts from zero: there is no rate across that.
    if (
      last === null ||
      last.broker !== now.broker ||
      counters.some((name) => fell(last, now, name))
    ) {
      this.points = [];
      return;
    }
    const seconds = (now.measuredAt - last.measuredAt) / 1000;
    const rate = (name: Counter) => Number(BigInt(now[name]) - BigInt(last[name])) / seconds;
    const point = {
      at: now.measuredAt,
      recordsIn: rate('recordsIn'),
      bytesIn: rate('bytesIn'),
      bytesOut: rate('bytesOut'),
    };
    this.points = [...this.points, point].filter(({ at }) => at > now.measuredAt - window_ms);
  }
}

function fell(last: Traffic, now: Traffic, name: Counter): boolean {
  return BigInt(now[name]) < BigInt(last[name]);
}

/** The corners of a line in a box of `width` by `height`, as SVG wants them; its right edge is the last point. */
export function line(points: Point[], name: Counter, width: number, height: number): string {
  const last = points[points.length - 1];
  if (last === undefined) return '';
  const highest = Math.max(...points.map((point) => point[name]), Number.MIN_VALUE);
  return points
    .map((point) => {
      const x = width * (1 - (last.at - point.at) / window_ms);
      const y = height * (1 - point[name] / highest);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

// The rows of a live tail: the newest first and no more than so many, gaps among them. Records come in as fast as the broker
// sends them and are shown ten times a second at most; only then is the broker told that there is room for more.

import type { Gap, OttlaRecord } from '../../../client/ottla.js';
import { raw, type Bytes, type LogRecord } from './records';

export type Row =
  | { kind: 'record'; key: string; partition: number; record: LogRecord }
  | { kind: 'gap'; key: string; gap: Gap };

export const rows_max = 200;
export const pause_ms = 100;
const rate_window_ms = 3000;

const size_of = (bytes: Bytes) =>
  bytes === null
    ? 0
    : typeof bytes === 'object' && bytes.n !== undefined
      ? bytes.n
      : raw(bytes).length;

function row_of(record: OttlaRecord): Row {
  const { partition, offset, timestamp, key, value, headers } = record;
  const sizeBytes = size_of(key) + size_of(value);
  return {
    kind: 'record',
    key: `${partition}-${offset}`,
    partition,
    record: { offset, timestamp, key, value, headers, sizeBytes },
  };
}

export class Tail {
  /** What is shown, the newest first. */
  rows: Row[] = [];
  records = 0;
  gaps = 0;
  #waiting: Row[] = [];
  #shown: (() => void)[] = [];
  #came: { at: number; records: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #is_held = false;
  #on_change: () => void;

  constructor(on_change: () => void) {
    this.#on_change = on_change;
  }

  /** Resolves when they have been shown. */
  add(records: OttlaRecord[]): Promise<void> {
    // Of more than fit only the last will be seen.
    this.#waiting.push(...records.slice(-rows_max).map(row_of));
    this.records += records.length;
    this.#came.push({ at: Date.now(), records: records.length });
    return new Promise((resolve) => {
      this.#shown.push(resolve);
      this.#soon();
    });
  }

  gap(gap: Gap): void {
    this.gaps += 1;
    this.#waiting.push({ kind: 'gap', key: `gap-${gap.partition}-${gap.from}-${gap.to}`, gap });
    this.#soon();
  }

  /** While it is held nothing changes; what comes waits, and nothing more is asked for. */
  hold(is_held: boolean): void {
    this.#is_held = is_held;
    if (is_held) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#soon();
  }

  clear(): void {
    this.rows = [];
    this.#waiting = [];
    this.records = 0;
    this.gaps = 0;
    this.#came = [];
    this.#on_change();
    this.#soon();
  }

  /** Records a second, over the last seconds. */
  rate(): number {
    const since = Date.now() - rate_window_ms;
    this.#came = this.#came.filter(({ at }) => at > since);
    const records = this.#came.reduce((sum, each) => sum + each.records, 0);
    return Math.round((records * 1000) / rate_window_ms);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #soon(): void {
    if (this.#timer === undefined && !this.#is_held)
      this.#timer = setTimeout(() => this.#show(), pause_ms);
  }

  #show(): void {
    this.#timer = undefined;
    if (this.#waiting.length > 0) {
      this.rows = [...this.#waiting.reverse(), ...this.rows].slice(0, rows_max);
      this.#waiting = [];
      this.#on_change();
    }
    for (const resolve of this.#shown.splice(0)) resolve();
  }
}

import { describe, expect, it } from 'vitest';
import type { Partition, Topic } from '../src/lib/api';
import { brokers_of, cell_of, largest } from '../src/lib/placement';

const partition = (changes: Partial<Partition>): Partition => ({
  partition: 0,
  leader: 1,
  leaderEpoch: 0,
  replicas: [1, 2, 3],
  isr: [1, 2],
  preferredLeader: true,
  state: 'ok',
  startOffset: '10',
  highWatermark: '20',
  endOffset: '30',
  sizeBytes: '2048',
  segments: 1,
  logDir: null,
  ...changes,
});
const topic = (partitions: Partition[]) => ({ partitions }) as Topic;

describe('the map', () => {
  it('says what each broker is to a partition', () => {
    const cells = [1, 2, 3, 4].map((id) => cell_of('t', partition({}), id, 'roles', 0n));
    expect(cells.map(({ letter }) => letter)).toEqual(['L', 'f', '!', '']);
    expect(cells[2]?.says).toBe('t-0 on broker 3: out of sync');
    expect(cell_of('t', partition({ leader: null }), 2, 'roles', 0n).role).toBe('offline');
  });
  it('shades by the share of the largest, exactly beyond 2^53', () => {
    const huge = partition({ sizeBytes: '18446744073709551614' });
    const half = partition({ sizeBytes: '9223372036854775807' });
    const most = largest([topic([half]), topic([huge])], 'size');
    expect(cell_of('t', half, 1, 'size', most).share).toBe(0.5);
    expect(cell_of('t', huge, 1, 'size', most).share).toBe(1);
    expect(cell_of('t', half, 9, 'size', most).share).toBeNull();
  });
  it('leaves what a leader has not said uncoloured', () => {
    const cell = cell_of('t', partition({ endOffset: null }), 1, 'records', 100n);
    expect([cell.share, cell.says]).toEqual([null, 't-0 on broker 1: leader']);
  });
  it('has a row for brokers that hold replicas but are not registered', () => {
    expect(brokers_of([topic([partition({ replicas: [7, 1] })])], [2])).toEqual([1, 2, 7]);
  });
});

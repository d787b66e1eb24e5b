// Where the replicas of a topic are: a cell for each broker and partition, coloured by what is asked for.

import type { Partition, Topic } from './api';
import { bytes, count } from './exact';

export const metrics = {
  roles: 'Leaders and replicas',
  size: 'Size',
  records: 'Records',
} as const;
export type Metric = keyof typeof metrics;

export interface Cell {
  /** What the broker is to the partition: never told by colour alone. */
  letter: 'L' | 'f' | '!' | '✕' | '';
  role: 'leader' | 'follower' | 'out of sync' | 'offline' | 'no replica';
  /** From 0 to 1, of the largest there is; null where unknown. */
  share: number | null;
  says: string;
}

/** The exact amount by which a partition is coloured; null where its leader has not said. */
export function amount(partition: Partition, metric: Metric): bigint | null {
  const { sizeBytes, startOffset, endOffset } = partition;
  if (metric === 'size' && sizeBytes !== null) return BigInt(sizeBytes);
  if (metric === 'records' && startOffset !== null && endOffset !== null)
    return BigInt(endOffset) - BigInt(startOffset);
  return null;
}

/** The largest amount of all partitions, 0 if there is none. */
export function largest(topics: Topic[], metric: Metric): bigint {
  let most = 0n;
  for (const topic of topics)
    for (const partition of topic.partitions) {
      const each = amount(partition, metric) ?? 0n;
      if (each > most) most = each;
    }
  return most;
}

function role_of(partition: Partition, broker: number): Pick<Cell, 'letter' | 'role'> {
  if (!partition.replicas.includes(broker)) return { letter: '', role: 'no replica' };
  if (partition.leader === null) return { letter: '✕', role: 'offline' };
  if (partition.leader === broker) return { letter: 'L', role: 'leader' };
  return partition.isr.includes(broker)
    ? { letter: 'f', role: 'follower' }
    : { letter: '!', role: 'out of sync' };
}

export function cell_of(
  topic: string,
  partition: Partition,
  broker: number,
  metric: Metric,
  most: bigint,
): Cell {
  const { letter, role } = role_of(partition, broker);
  const exact = role === 'no replica' ? null : amount(partition, metric);
  const amounts = { roles: '', size: bytes(String(exact)), records: `${count(exact)} records` };
  return {
    letter,
    role,
    share: exact === null || most === 0n ? null : Number((exact * 1000n) / most) / 1000,
    says: `${topic}-${partition.partition} on broker ${broker}: ${role}${exact === null ? '' : `, ${amounts[metric]}`}`,
  };
}

/** The brokers that are registered or hold a replica, in order. */
export function brokers_of(topics: Topic[], registered: number[]): number[] {
  const all = new Set(registered);
  for (const topic of topics)
    for (const { replicas } of topic.partitions) for (const each of replicas) all.add(each);
  return [...all].sort((a, b) => a - b);
}

// Shapes of the admin API (64-bit integers are strings, unknown is null) and the one way to read it.

export interface Missing {
  broker: number;
  reason: string;
}
export interface Gathered {
  partial: boolean;
  missing: Missing[];
}
export interface Page<T> extends Gathered {
  items: T[];
  total: number;
  next: string | null;
}
export interface Reason {
  code: string;
  count: number;
  text: string;
  partitions: { topic: string; partition: number }[];
}
export interface Cluster {
  clusterId: string;
  controller: number | null;
  servedBy: number;
  asOf: number;
  brokers: { registered: number; active: number };
  topics: number;
  internalTopics: number;
  partitions: number;
  offlinePartitions: number;
  underReplicatedPartitions: number;
  underMinIsrPartitions: number;
  verdict: { state: 'ok' | 'degraded' | 'down'; reasons: Reason[] };
}
export interface Broker {
  id: number;
  state: 'active' | 'fenced' | 'draining' | 'stopping';
  isController: boolean;
  isSelf: boolean;
  rack: string | null;
  epoch: string;
  endpoints: { listener: string; host: string; port: number }[];
  leaders: number;
  replicas: number;
  outOfSync: number;
  logDirs: { path: string; totalBytes: string; freeBytes: string }[] | null;
}
export interface Brokers extends Gathered {
  items: Broker[];
}
export interface Traffic extends Gathered {
  broker: number;
  measuredAt: number;
  recordsIn: string;
  bytesIn: string;
  bytesOut: string;
  replicationBytesOut: string;
}
export interface TopicRow {
  name: string;
  id: string;
  internal: boolean;
  partitions: number;
  replicationFactor: number;
  underReplicated: number;
  offline: number;
  sizeBytes: string | null;
  records: string | null;
}
export interface Partition {
  partition: number;
  leader: number | null;
  leaderEpoch: number;
  replicas: number[];
  isr: number[];
  preferredLeader: boolean;
  state: 'ok' | 'under-replicated' | 'offline' | 'recovering';
  startOffset: string | null;
  highWatermark: string | null;
  endOffset: string | null;
  sizeBytes: string | null;
  segments: number | null;
  logDir: string | null;
}
export interface Topic extends Gathered {
  name: string;
  id: string;
  internal: boolean;
  replicationFactor: number;
  durability: string | null;
  configs: Record<string, string>;
  partitions: Partition[];
}
export interface Config {
  name: string;
  value: string | null;
  source: 'topic' | 'broker' | 'cluster' | 'static' | 'default';
  readOnly: boolean;
  sensitive: boolean;
  type: string;
  documentation: string | null;
}
export interface GroupRow {
  group: string;
  state: string;
  protocolType: string;
  members: number | null;
  topics: number | null;
  lag: string | null;
}
export interface GroupOffset {
  topic: string;
  partition: number;
  committed: string | null;
  start: string | null;
  end: string | null;
  lag: string | null;
  member: string | null;
  metadata: string | null;
}
export interface Group extends Gathered {
  group: string;
  state: string;
  protocolType: string;
  protocol: string;
  coordinator: number;
  members: {
    memberId: string;
    instanceId: string | null;
    clientId: string;
    host: string;
    assignment: { topic: string; partitions: number[] }[];
  }[];
  lag: string | null;
  offsets: GroupOffset[];
}

/** A request that failed, in the words of the broker (problem+json) where it gave some. */
export class Problem extends Error {
  constructor(
    readonly title: string,
    readonly detail: string,
    readonly status: number,
    readonly request_id: string | null,
  ) {
    super(detail === '' ? title : `${title}: ${detail}`);
  }
}

function text_of(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The problem in an answer or in an `err` frame, whatever its body holds. */
export function problem_of(body: unknown, status: number): Problem {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const title = text_of(fields.title) || `The broker answered with status ${status}`;
  return new Problem(title, text_of(fields.detail), status, text_of(fields.instance) || null);
}

/** What the broker says about itself to whoever asks. */
export interface Whoami {
  readOnly: boolean;
  broker: number;
  version: string;
}

async function ask(path: string, request: RequestInit): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(`api/v1/${path}`, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new Problem('The broker did not answer', String(error), 0, null);
  }
  if (answer.status === 204) return null;
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok || body === null) throw problem_of(body, answer.status);
  return body;
}

/** Reads /api/v1/`path`. Throws a Problem; an aborted request throws the AbortError of fetch. */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, { signal, headers: { accept: 'application/json' } })) as T;
}

/** Changes something and returns the answer, if there is one; throws a Problem where the broker refuses. */
export async function change(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return ask(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

// Answers in the shapes of the admin API for the tests of the pages: a cluster in trouble, with
// long names, unknown numbers and integers that no double holds.

const missing = [{ broker: 3, reason: 'timeout' }];
const gathered = { partial: true, missing };

export const channels = {
  overview: {
    clusterId: 'q1Sh-9_-TiKmJ2YzRz5Jgw',
    controller: 1,
    servedBy: 2,
    asOf: 1795456800000,
    brokers: { registered: 3, active: 2 },
    topics: 412,
    internalTopics: 1,
    partitions: 3288,
    offlinePartitions: 0,
    underReplicatedPartitions: 1,
    underMinIsrPartitions: 0,
    verdict: {
      state: 'degraded',
      reasons: [
        {
          code: 'under-replicated',
          count: 1,
          text: '1 partition has a replica that is not in sync.',
          partitions: [{ topic: 'orders', partition: 7 }],
        },
      ],
    },
  },
  traffic: {
    broker: 2,
    measuredAt: 1795456800000,
    recordsIn: '9223372036854775807',
    bytesIn: '0',
    bytesOut: '0',
    replicationBytesOut: '0',
    ...gathered,
  },
  brokers: {
    items: [1, 2, 3].map((id) => ({
      id,
      state: id === 3 ? 'fenced' : 'active',
      isController: id === 1,
      isSelf: id === 2,
      rack: id === 3 ? null : `rack-${id}`,
      epoch: '4294967296123',
      endpoints: [{ listener: 'PLAINTEXT', host: `broker-${id}.internal.example`, port: 9092 }],
      leaders: 1096,
      replicas: 3288,
      outOfSync: id === 3 ? 1 : 0,
      logDirs:
        id === 3
          ? null
          : [{ path: '/srv/ottla', totalBytes: '1099511627776', freeBytes: '549755813888' }],
    })),
    ...gathered,
  },
  'topic:orders': {
    name: 'orders',
    id: 'zJ2YzRz5JgwTiKmq1Sh9A',
    internal: false,
    replicationFactor: 3,
    durability: 'fsync',
    configs: {},
    partitions: [0, 7].map((partition) => ({
      partition,
      leader: partition === 7 ? 3 : 1,
      leaderEpoch: 4,
      replicas: [1, 2, 3],
      isr: partition === 7 ? [3, 1] : [1, 2, 3],
      preferredLeader: partition !== 7,
      state: partition === 7 ? 'under-replicated' : 'ok',
      startOffset: partition === 7 ? null : '9223372036854775000',
      highWatermark: partition === 7 ? null : '9223372036854775806',
      endOffset: partition === 7 ? null : '9223372036854775807',
      sizeBytes: partition === 7 ? null : '105226698752',
      segments: partition === 7 ? null : 98,
      logDir: partition === 7 ? null : '/srv/ottla',
    })),
    ...gathered,
  },
  'group:billing': {
    group: 'billing',
    state: 'Stable',
    protocolType: 'consumer',
    protocol: 'range',
    coordinator: 2,
    members: [
      {
        memberId: 'c1-7f3c',
        instanceId: null,
        clientId: 'c1',
        host: '10.0.0.5',
        assignment: [{ topic: 'orders', partitions: [0, 7] }],
      },
    ],
    lag: '1204331',
    offsets: [0, 7].map((partition) => ({
      topic: 'orders',
      partition,
      committed: '91700004',
      start: '0',
      end: partition === 0 ? '91700006' : '92887120',
      lag: partition === 0 ? '2' : '1187116',
      member: 'c1-7f3c',
      metadata: '',
    })),
    partial: false,
    missing: [],
  },
};

const rows = ['orders', 'payments.settled.by-region-and-currency.v2', 'clicks'];
export const answers = {
  whoami: { principal: 'User:ANONYMOUS', readOnly: true, broker: 2, version: '0.1.0', uiHash: 'a' },
  'topics/orders/partitions/0/records': {
    items: [
      {
        offset: '9223372036854775800',
        timestamp: 1795456800000,
        key: { b: 'AP8Q' },
        value: { s: '{"id":1', n: 90000, cut: true },
        headers: [['trace', null]],
        sizeBytes: 90021,
      },
    ],
    logStart: '0',
    highWatermark: '9223372036854775807',
    start: '9223372036854775800',
    next: '9223372036854775801',
    end: 'budget',
    scannedRecords: '1',
    scannedBytes: '90021',
  },
  topics: {
    items: rows.map((name, at) => ({
      name,
      id: `id-${at}`,
      internal: false,
      partitions: 12,
      replicationFactor: 3,
      underReplicated: at === 0 ? 1 : 0,
      offline: 0,
      sizeBytes: at === 2 ? null : '1319413953331',
      records: at === 2 ? null : '9223372036854775807',
    })),
    total: 412,
    next: 'abc',
    ...gathered,
  },
  'topics/orders/configs': {
    items: [
      {
        name: 'retention.ms',
        value: '604800000',
        source: 'topic',
        readOnly: false,
        sensitive: false,
        type: 'long',
        documentation: 'How long records are kept.',
      },
    ],
  },
  groups: {
    items: [
      {
        group: 'billing',
        state: 'Stable',
        protocolType: 'consumer',
        members: 6,
        topics: 1,
        lag: '1204331',
      },
      {
        group: 'etl',
        state: 'Empty',
        protocolType: 'consumer',
        members: null,
        topics: null,
        lag: null,
      },
    ],
    total: 2,
    next: null,
    partial: false,
    missing: [],
  },
};
for (const name of rows)
  answers[`topics/${name}`] = { ...channels['topic:orders'], name, id: name };

// What comes for a subscription of /ws/v1/data.
const of_orders = { id: 1, gen: 1, t: 'orders', p: 7 };
export const followed = [
  {
    op: 'ok',
    ...of_orders,
    start: { 7: '9223372036854775000' },
    end: { 7: '9223372036854775807' },
  },
  {
    op: 'recs',
    ...of_orders,
    hw: '9223372036854775807',
    recs: Array.from({ length: 30 }, (_, i) => ({
      o: String(9223372036854775000n + BigInt(i)),
      ts: 1795456800000 + 37 * i,
      k: i % 5 === 0 ? null : `user-${i}`,
      v: i % 7 === 0 ? { b: 'AP8Q' } : `{"id":202201180000000014,"total":1${i}.50,"item":"a book"}`,
      h: [],
    })),
  },
  {
    op: 'gap',
    ...of_orders,
    from: '9223372036854775030',
    to: '9223372036854775070',
    why: 'retention',
  },
];

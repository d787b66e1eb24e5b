import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ottla, type Gap, type OttlaRecord, type Problem } from '../../client/ottla.js';
import { Peer } from './peer';

let ottla: Ottla;
let seen: OttlaRecord[];
let gaps: Gap[];
let problems: Problem[];
let ended: string[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Peer);
  Peer.all = [];
  [seen, gaps, problems, ended] = [[], [], [], []];
  ottla = new Ottla('http://here:8090');
});
afterEach(() => {
  ottla.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const handlers = {
  records: (records: OttlaRecord[]): unknown => void seen.push(...records),
  gap: (gap: Gap) => void gaps.push(gap),
  problem: (problem: Problem) => void problems.push(problem),
  ended: (why: string) => void ended.push(why),
};
const record = (o: string, v = 'x') => ({ o, ts: 5, k: null, v, h: [] });
const recs = (offsets: string[], more: object = {}) => ({
  op: 'recs',
  id: 1,
  gen: 1,
  t: 'orders',
  p: 0,
  hw: '9',
  recs: offsets.map((o) => record(o)),
  ...more,
});
const ok = { op: 'ok', id: 1, gen: 1, start: { 0: '5', 1: '7' }, end: { 0: '6', 1: '7' } };
const settled = () => vi.advanceTimersByTimeAsync(0);
const sent = () => Peer.last.sent.map(({ op }) => op);
function reconnect(): void {
  Peer.last.close();
  vi.advanceTimersByTime(500);
  Peer.last.welcome();
}

describe('a subscription', () => {
  it('begins after hello and welcome, at the address of the broker', () => {
    ottla.subscribe({ topic: 'orders', from: { tail: 3 } }, handlers);
    expect(Peer.last.address).toBe('ws://here:8090/ws/v1/data');
    Peer.last.welcome();
    expect(Peer.last.sent).toEqual([
      { op: 'hello', v: 1, client: 'ottla.js' },
      {
        op: 'sub',
        id: 1,
        topic: 'orders',
        partitions: 'all',
        from: { tail: 3 },
        credit: { msgs: 1000, bytes: 1048576 },
      },
    ]);
  });
  it('goes on where it was after a lost connection: nothing twice, nothing left out', async () => {
    ottla.subscribe({ topic: 'orders', limit: 10 }, handlers);
    Peer.last.welcome();
    Peer.last.say(ok);
    Peer.last.say(recs(['9223372036854775806']));
    Peer.last.say({ op: 'gap', id: 1, gen: 1, p: 1, from: '7', to: '40', why: 'retention' });
    await settled();
    reconnect();
    expect(Peer.last.sent[1]).toMatchObject({
      from: { offsets: { 0: '9223372036854775807', 1: '40' } },
      limit: 9,
    });
    expect(seen.map(({ offset }) => offset)).toEqual(['9223372036854775806']);
    expect(gaps).toEqual([{ partition: 1, from: '7', to: '40', why: 'retention' }]);
  });
  it('hands out nothing of before a seek', async () => {
    const subscription = ottla.subscribe({ topic: 'orders' }, handlers);
    Peer.last.welcome();
    Peer.last.say(ok);
    subscription.seek('earliest');
    expect(Peer.last.sent.at(-1)).toEqual({ op: 'seek', id: 1, to: 'earliest' });
    Peer.last.say(recs(['5']));
    Peer.last.say({ ...ok, gen: 2, start: { 0: '0' } });
    Peer.last.say(recs(['0'], { gen: 2 }));
    await settled();
    expect(seen.map(({ offset }) => offset)).toEqual(['0']);
    expect(subscription.positions).toEqual({ 0: '1' });
  });
  it('gives credit back only when the page has done its work', async () => {
    let done = () => {};
    const work = new Promise<void>((resolve) => (done = resolve));
    ottla.subscribe({ topic: 'orders' }, { ...handlers, records: () => work });
    Peer.last.welcome();
    Peer.last.say(ok);
    Peer.last.say(recs(Array.from({ length: 600 }, (_, i) => String(i))));
    await settled();
    expect(sent()).not.toContain('credit');
    done();
    await settled();
    expect(Peer.last.sent.at(-1)).toMatchObject({ op: 'credit', id: 1, msgs: 600 });
  });
  it('counts bytes as they come over the wire, not letters', async () => {
    ottla.subscribe({ topic: 'orders' }, handlers);
    Peer.last.welcome();
    Peer.last.say(ok);
    const wide = '語'.repeat(200_000);
    Peer.last.say(recs([], { recs: [record('5', wide)] }));
    await settled();
    const { op, bytes } = Peer.last.sent.at(-1) as { op: string; bytes: number };
    expect([op, bytes >= 600_000]).toEqual(['credit', true]);
  });
  it('goes on after a page that has thrown', async () => {
    vi.stubGlobal('reportError', () => {});
    let times = 0;
    ottla.subscribe(
      { topic: 'orders' },
      {
        records: () => {
          times += 1;
          throw new Error('the page is wrong');
        },
      },
    );
    Peer.last.welcome();
    Peer.last.say(ok);
    Peer.last.say(recs(['5']));
    Peer.last.say(recs(['6']));
    await settled();
    expect(times).toBe(2);
  });
  it('asks again where it could not begin, and not where there is no such topic', () => {
    ottla.subscribe({ topic: 'orders' }, handlers);
    Peer.last.welcome();
    Peer.last.say({ op: 'err', id: 1, problem: { status: 503 } });
    vi.advanceTimersByTime(1000);
    expect(sent().filter((op) => op === 'sub').length).toBe(2);
    Peer.last.say({ op: 'err', id: 1, problem: { status: 404 } });
    vi.advanceTimersByTime(5000);
    reconnect();
    expect(sent()).toEqual(['hello']);
    expect(problems.map(({ status }) => status)).toEqual([503, 404]);
  });
  it('stays paused over a lost connection', () => {
    const subscription = ottla.subscribe({ topic: 'orders' }, handlers);
    Peer.last.welcome();
    Peer.last.say(ok);
    subscription.pause();
    reconnect();
    expect(sent()).toEqual(['hello', 'sub', 'pause']);
    subscription.resume();
    expect(sent().at(-1)).toBe('resume');
  });
  it('is over at its end', () => {
    ottla.subscribe({ topic: 'orders', stopAtEnd: true }, handlers);
    Peer.last.welcome();
    Peer.last.say(ok);
    Peer.last.say({ op: 'end', id: 1, gen: 1, why: 'end', pos: { 0: '6', 1: '7' } });
    reconnect();
    expect([ended, sent()]).toEqual([['end'], ['hello']]);
  });
});

describe('publishing', () => {
  const orders = [{ key: 'a', value: '1' }];
  it('resolves with where the records are', async () => {
    Peer.last.welcome();
    const published = ottla.publish('orders', orders);
    const next = ottla.publish('orders', orders);
    await settled();
    expect(sent().filter((op) => op === 'pub').length).toBe(1); // one at a time
    expect(Peer.last.sent.at(-1)).toEqual({
      op: 'pub',
      id: 1,
      topic: 'orders',
      acks: 'all',
      records: [{ k: 'a', v: '1' }],
    });
    Peer.last.say({ op: 'puback', id: 1, results: [{ p: 2, o: '17' }] });
    expect(await published).toEqual([{ partition: 2, offset: '17' }]);
    await settled();
    Peer.last.say({ op: 'puback', id: 2, results: [{ p: 2, o: '18' }] });
    expect(await next).toEqual([{ partition: 2, offset: '18' }]);
  });
  it('rejects what the broker refuses, and what it may or may not have taken', async () => {
    Peer.last.welcome();
    const refused = ottla.publish('orders', orders);
    await settled();
    Peer.last.say({ op: 'puback', id: 1, results: [{ problem: { title: 'Too large' } }] });
    await expect(refused).rejects.toThrow('Too large');
    const unknown = ottla.publish('orders', orders);
    await settled();
    Peer.last.close();
    await expect(unknown).rejects.toThrow('lost before the answer');
    await expect(ottla.publish('orders', orders)).rejects.toThrow('cannot be reached');
  });
});

describe('a member of a group', () => {
  const assigned = {
    op: 'assigned',
    id: 1,
    gen: 2,
    generation: 7,
    partitions: [['orders', 0, '5']],
  };
  const join = () => {
    ottla.join({ group: 'board', topics: ['orders'] }, handlers);
    Peer.last.welcome();
    Peer.last.say(assigned);
  };
  const acks = () => Peer.last.sent.filter(({ op }) => op === 'ack').map(({ offsets }) => offsets);

  it('acknowledges what the page has done, some at a time', async () => {
    join();
    Peer.last.say(recs(['5'], { gen: 2 }));
    Peer.last.say(recs(['6'], { gen: 2 }));
    Peer.last.say(recs(['7'], { gen: 1 })); // of an older assignment
    await vi.advanceTimersByTimeAsync(200);
    expect(acks()).toEqual([[['orders', 0, '7']]]);
  });
  it('says how far it is before it gives partitions up, even if that is nothing', async () => {
    join();
    Peer.last.say(recs(['5'], { gen: 2 }));
    Peer.last.say({ op: 'revoked', id: 1, lost: false });
    await settled();
    Peer.last.say({ ...assigned, gen: 3 });
    Peer.last.say({ op: 'revoked', id: 1, lost: false });
    await settled();
    expect(acks()).toEqual([[['orders', 0, '6']], []]);
  });
  it('does not see twice what it did but could not commit, and acknowledges it again', async () => {
    join();
    Peer.last.say(recs(['5', '6'], { gen: 2 }));
    await settled();
    reconnect();
    expect(Peer.last.sent[1]).toMatchObject({ op: 'join', group: 'board' });
    Peer.last.say(assigned);
    Peer.last.say(recs(['5', '6', '7'], { gen: 2 }));
    await vi.advanceTimersByTimeAsync(200);
    expect(seen.map(({ offset }) => offset)).toEqual(['5', '6', '7']);
    expect(acks()).toEqual([[['orders', 0, '8']]]);
  });
  it('reads again what was committed once the group was set back', async () => {
    join();
    Peer.last.say(recs(['5'], { gen: 2 }));
    await settled();
    Peer.last.say({ op: 'committed', id: 1, offsets: [['orders', 0, '6']] });
    Peer.last.say({ ...assigned, gen: 3 });
    Peer.last.say(recs(['5'], { gen: 3 }));
    await settled();
    expect(seen.map(({ offset }) => offset)).toEqual(['5', '5']);
  });
});

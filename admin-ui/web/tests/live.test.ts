import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Problem } from '../src/lib/api';
import { Live, type Light } from '../src/lib/live';
import { Peer } from './peer';

let lights: Light[];
let seen: unknown[];
let problems: Problem[];
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Peer);
  Peer.all = [];
  [lights, seen, problems] = [[], [], []];
  live = new Live('ws://here/ws/v1/events', (light) => lights.push(light));
});
afterEach(() => {
  live.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const follow = (channel: string) =>
  live.watch(channel, { data: (body) => seen.push(body), problem: (p) => problems.push(p) });

describe('the live connection', () => {
  it('asks for a watch once, although it was wanted before the welcome', () => {
    follow('overview');
    Peer.last.readyState = 1;
    follow('brokers');
    Peer.last.welcome();
    expect(Peer.last.protocol).toBe('log.v1.json');
    expect(Peer.last.sent).toEqual([
      { op: 'watch', id: 1, ch: 'overview' },
      { op: 'watch', id: 2, ch: 'brokers' },
    ]);
  });
  it('lays deltas over the snapshot, field by field', () => {
    follow('overview');
    Peer.last.welcome();
    Peer.last.say({ op: 'snap', id: 1, seq: 1, data: { topics: 1, partitions: 3 } });
    Peer.last.say({ op: 'delta', id: 1, seq: 2, data: { topics: 2 } });
    expect(seen).toEqual([
      { topics: 1, partitions: 3 },
      { topics: 2, partitions: 3 },
    ]);
  });
  it('asks for a new snapshot when a delta is missing, and shows nothing in between', () => {
    follow('overview');
    Peer.last.welcome();
    Peer.last.say({ op: 'snap', id: 1, seq: 1, data: { topics: 1 } });
    Peer.last.say({ op: 'delta', id: 1, seq: 3, data: { topics: 3 } });
    Peer.last.say({ op: 'delta', id: 1, seq: 4, data: { topics: 4 } });
    expect(seen).toEqual([{ topics: 1 }]);
    expect(Peer.last.sent.slice(1)).toEqual([
      { op: 'unwatch', id: 1 },
      { op: 'watch', id: 1, ch: 'overview' },
    ]);
    Peer.last.say({ op: 'snap', id: 1, seq: 1, data: { topics: 5 } });
    expect(seen).toEqual([{ topics: 1 }, { topics: 5 }]);
  });
  it('connects again after growing pauses and watches anew', () => {
    follow('overview');
    Peer.last.welcome();
    Peer.last.close();
    expect(lights).toEqual(['connecting', 'live', 'offline']);
    vi.advanceTimersByTime(500);
    expect(Peer.all.length).toBe(2);
    Peer.last.close();
    vi.advanceTimersByTime(499);
    expect(Peer.all.length).toBe(2);
    vi.advanceTimersByTime(501);
    expect(Peer.all.length).toBe(3);
    Peer.last.welcome();
    expect(Peer.last.sent).toEqual([{ op: 'watch', id: 1, ch: 'overview' }]);
  });
  it('gives up a peer that has been silent for two heartbeats', () => {
    Peer.last.welcome();
    Peer.last.close = () => {}; // a dead peer completes no closing handshake
    vi.advanceTimersByTime(1000);
    expect(lights).toEqual(['connecting', 'live']);
    vi.advanceTimersByTime(1000);
    expect(lights).toEqual(['connecting', 'live', 'stale']);
    vi.advanceTimersByTime(1000);
    expect(lights).toEqual(['connecting', 'live', 'stale', 'offline']);
  });
  it('is stale only until the late answer to a ping', () => {
    Peer.last.welcome();
    vi.advanceTimersByTime(2000);
    Peer.last.say({ op: 'pong' });
    expect(lights).toEqual(['connecting', 'live', 'stale', 'live']);
  });
  it('stays with a peer that answers pings', () => {
    Peer.last.welcome();
    for (let beat = 0; beat < 10; beat += 1) {
      vi.advanceTimersByTime(1000);
      expect(Peer.last.sent.at(-1)).toMatchObject({ op: 'ping' });
      Peer.last.say({ op: 'pong' });
    }
    expect(lights).toEqual(['connecting', 'live']);
  });
  it('hands over the words of a refusal', () => {
    follow('topic:gone');
    Peer.last.welcome();
    Peer.last.say({ op: 'err', id: 1, problem: { title: 'No such topic', status: 404 } });
    expect(problems.map((p) => [p.title, p.status])).toEqual([['No such topic', 404]]);
  });
  it('says nothing more to who has stopped', () => {
    const stop = follow('overview');
    Peer.last.welcome();
    stop();
    expect(Peer.last.sent.at(-1)).toEqual({ op: 'unwatch', id: 1 });
    Peer.last.say({ op: 'snap', id: 1, seq: 1, data: { topics: 1 } });
    expect(seen).toEqual([]);
  });
});

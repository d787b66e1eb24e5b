import { afterEach, describe, expect, it, vi } from 'vitest';
import { found_here, found_there } from '../src/lib/palette';

const answers: Record<string, unknown> = {
  topics: { items: [{ name: 'orders/eu' }] },
  groups: { items: [{ group: 'orders-billing' }] },
  brokers: { items: [{ id: 1 }, { id: 12 }] },
};
function broker(refuses: string[] = []): void {
  vi.stubGlobal('fetch', async (path: string) => {
    const kind = path.replace('api/v1/', '').replace(/\?.*/, '');
    return refuses.includes(kind)
      ? new Response('{"title":"no"}', { status: 504 })
      : new Response(JSON.stringify(answers[kind]));
  });
}
afterEach(() => vi.unstubAllGlobals());
const signal = new AbortController().signal;

describe('the palette', () => {
  it('finds pages and actions by any part, beginnings first', () => {
    const act = { kind: 'Action' as const, word: 'Switch to groups', leads: () => {} };
    expect(found_here('gro', [act]).map(({ word }) => word)).toEqual([
      'Groups',
      'Switch to groups',
    ]);
    expect(found_here('groups switch', [act])).toEqual([act]);
  });
  it('asks the broker for names, and makes addresses of them', async () => {
    broker();
    const found = await found_there('1', signal);
    expect(found.map(({ kind, leads }) => [kind, leads])).toEqual([
      ['Topic', '#/topics/orders%2Feu'],
      ['Group', '#/groups/orders-billing'],
      ['Broker', '#/brokers/1'],
      ['Broker', '#/brokers/12'],
    ]);
  });
  it('shows what it has where one question fails', async () => {
    broker(['groups']);
    expect((await found_there('order', signal)).map(({ kind }) => kind)).toEqual(['Topic']);
  });
});

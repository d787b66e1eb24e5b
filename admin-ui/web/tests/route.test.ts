import { describe, expect, it } from 'vitest';
import { link, parse_route } from '../src/lib/route';

describe('addresses', () => {
  it('come back as they were written', () => {
    for (const name of ['orders', 'a/b', 'ä ö?&=#', '100%', '..']) {
      const route = { path: ['topics', name], query: { tab: 'configs', q: `${name}+` } };
      expect(parse_route(link(route.path, route.query))).toEqual(route);
    }
  });
  it('leave out parameters that are empty', () => {
    expect(link(['topics'], { q: '', sort: '-size' })).toBe('#/topics?sort=-size');
    expect(link([])).toBe('#/');
  });
  it('may be typed by hand', () => {
    expect(parse_route('')).toEqual({ path: [], query: {} });
    expect(parse_route('#topics//x')).toEqual({ path: ['topics', 'x'], query: {} });
    expect(parse_route('#/topics/50%')).toEqual({ path: ['topics', '50%'], query: {} });
  });
});

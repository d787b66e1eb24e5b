import { beforeEach, describe, expect, it } from 'vitest';
import { Keys, step_rows } from '../src/lib/keys';

let keys: Keys;
const press = (key: string, init: KeyboardEventInit & { at?: number } = {}, on = document.body) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...init });
  Object.defineProperty(event, 'timeStamp', { value: init.at ?? 0 });
  Object.defineProperty(event, 'target', { value: on });
  return keys.meaning(event);
};

beforeEach(() => {
  keys = new Keys();
  document.body.innerHTML = '';
});

describe('keys', () => {
  it('go to a page after g, within a second', () => {
    expect(press('g', { at: 100 })).toBeNull();
    expect(press('t', { at: 1000 })).toEqual({ means: 'go', path: ['topics'] });
    expect(press('g', { at: 2000 })).toBeNull();
    expect(press('t', { at: 3000 })).toBeNull();
  });
  it('take g g as the groups, and no third key', () => {
    press('g', { at: 0 });
    expect(press('g', { at: 10 })).toEqual({ means: 'go', path: ['groups'] });
    expect(press('t', { at: 20 })).toBeNull();
  });
  it('mean nothing to those who type, but for the palette', () => {
    document.body.innerHTML = '<input>';
    const field = document.querySelector('input')!;
    expect(press('?', {}, field)).toBeNull();
    expect(press('k', { ctrlKey: true }, field)).toEqual({ means: 'palette' });
    expect(press('K', { metaKey: true }, field)).toEqual({ means: 'palette' });
  });
  it("leave the browser's own alone", () => {
    expect(press('j', { ctrlKey: true })).toBeNull();
  });
});

describe('rows', () => {
  it('are walked from one opener to the next, past rows that open nothing', () => {
    document.body.innerHTML = `<main><table><tbody>
      <tr><td><a href="#/1">1</a></td></tr><tr><td>none</td></tr>
      <tr><td><button>2</button></td></tr></tbody></table></main>`;
    const focused = () => document.activeElement?.textContent;
    step_rows(1);
    expect(focused()).toBe('1');
    step_rows(1);
    expect(focused()).toBe('2');
    step_rows(1);
    expect(focused()).toBe('2');
    step_rows(-1);
    expect(focused()).toBe('1');
  });
});

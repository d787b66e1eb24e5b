// The filters of a list live in the address: a change starts at the first page and replaces the
// entry in the history, so that "back" leaves the list and does not undo letter after letter.

import { shown } from './page.svelte';
import { link, parse_route } from './route';

export function set_filter(name: string, value: string): void {
  set_filters({ [name]: value });
}

export function set_filters(filters: Record<string, string>): void {
  const hash = link(shown.route.path, { ...shown.route.query, ...filters, cursor: '' });
  history.replaceState(null, '', hash);
  shown.route = parse_route(hash);
}

/** The query of a list for the API: what the address has of `names`, encoded. */
export function list_query(names: string[], limit = 100): string {
  const kept = names.flatMap((name) => {
    const value = shown.route.query[name];
    return value ? [[name, value]] : [];
  });
  return String(new URLSearchParams([...kept, ['limit', String(limit)]]));
}

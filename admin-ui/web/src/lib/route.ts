// Addresses inside the page: "#/topics/orders?tab=configs". Everything a view filters by is in
// them, so a link shows to others what its sender saw.

export interface Route {
  /** Decoded parts of the path; [] is the overview. */
  path: string[];
  query: Record<string, string>;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % in an address typed by hand
  }
}

export function parse_route(hash: string): Route {
  const text = hash.replace(/^#?\/?/, '');
  const mark = text.indexOf('?');
  const path = (mark < 0 ? text : text.slice(0, mark)).split('/').filter(Boolean).map(decoded);
  const query = mark < 0 ? {} : Object.fromEntries(new URLSearchParams(text.slice(mark + 1)));
  return { path, query };
}

/** The address of a route; parameters that are empty are left out. */
export function link(path: string[], query: Record<string, string> = {}): string {
  const kept = Object.entries(query).filter(([, value]) => value !== '');
  const tail = kept.length > 0 ? `?${new URLSearchParams(kept)}` : '';
  return `#/${path.map(encodeURIComponent).join('/')}${tail}`;
}

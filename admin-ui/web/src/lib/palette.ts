// What the palette finds: pages and actions at once, topics, groups and brokers as the broker names them.

import { read, type Brokers, type GroupRow, type Page, type TopicRow } from './api';
import { places } from './places';
import { link } from './route';

export interface Found {
  kind: 'Page' | 'Action' | 'Topic' | 'Group' | 'Broker';
  word: string;
  /** An address of the dashboard, or something to do. */
  leads: string | (() => void);
}

const pages: Found[] = places.map(({ word, path }) => ({
  kind: 'Page',
  word,
  leads: link(path),
}));

/** Those that have every word of `text` in them; those that begin with it come first. */
export function matching(all: Found[], text: string): Found[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/);
  const hits = all.filter(({ word }) => words.every((each) => word.toLowerCase().includes(each)));
  const begins = ({ word }: Found) => Number(word.toLowerCase().startsWith(wanted));
  return hits.sort((a, b) => begins(b) - begins(a));
}

/** What needs no question to the broker. */
export function found_here(text: string, actions: Found[]): Found[] {
  return matching([...pages, ...actions], text);
}

const each_kind = 6;

/** What the broker has under such a name; one of the three that does not answer is left out. */
export async function found_there(text: string, signal: AbortSignal): Promise<Found[]> {
  const wanted = text.trim();
  if (wanted === '') return [];
  const query = new URLSearchParams({ q: wanted, limit: String(each_kind) });
  const [topics, groups, brokers] = await Promise.allSettled([
    read<Page<TopicRow>>(`topics?${query}`, signal),
    read<Page<GroupRow>>(`groups?${query}`, signal),
    read<Brokers>('brokers', signal),
  ]);
  const named = <T>(kind: Found['kind'], rows: T[], name: (row: T) => string, at: string) =>
    rows.map((row): Found => ({ kind, word: name(row), leads: link([at, name(row)]) }));
  return [
    ...(topics.status === 'fulfilled'
      ? named('Topic', topics.value.items, (row) => row.name, 'topics')
      : []),
    ...(groups.status === 'fulfilled'
      ? named('Group', groups.value.items, (row) => row.group, 'groups')
      : []),
    ...(brokers.status === 'fulfilled'
      ? matching(
          brokers.value.items.map(({ id }) => ({
            kind: 'Broker',
            word: `Broker ${id}`,
            leads: link(['brokers', String(id)]),
          })),
          wanted,
        )
      : []),
  ];
}

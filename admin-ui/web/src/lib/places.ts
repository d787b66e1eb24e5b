// The pages that the navigation, the palette and the keys lead to.

export interface Place {
  word: string;
  path: string[];
  /** Goes there after "g". */
  key: string;
  icon: Icon;
}

/** Drawn on 16 by 16, as lines. */
export const icons = {
  overview: 'M2 13V9m4 4V5m4 8V7m4 6V3',
  brokers: 'M2.5 2.5h11v4h-11zm0 7h11v4h-11zM5 4.5h.01M5 11.5h.01',
  topics: 'M2 4h12M2 8h12M2 12h8',
  groups:
    'M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zm-4.5 5.5c.5-5 8.5-5 9 0M11 3.5a2.2 2.2 0 0 1 0 4m1.5 2.5c1.3.6 2 1.8 2 3.5',
  map: 'M2 2h5v5H2zm7 0h5v5H9zM2 9h5v5H2zm7 0h5v5H9z',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zm3.7-1.3L14 14',
  theme: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12',
} as const;
export type Icon = keyof typeof icons;

export const places: Place[] = [
  { word: 'Overview', path: [], key: 'o', icon: 'overview' },
  { word: 'Brokers', path: ['brokers'], key: 'b', icon: 'brokers' },
  { word: 'Topics', path: ['topics'], key: 't', icon: 'topics' },
  { word: 'Groups', path: ['groups'], key: 'g', icon: 'groups' },
  { word: 'Map', path: ['map'], key: 'm', icon: 'map' },
];

/** So many fit below a narrow window; the palette leads to the others. */
export const places_below = 4;

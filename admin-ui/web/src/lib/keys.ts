// What keys mean while nobody types: "g t" goes to topics, "/" to the search of the page, j and k through rows.

import { places } from './places';

export type Meaning =
  | { means: 'go'; path: string[] }
  | { means: 'row'; by: 1 | -1 }
  | { means: 'search' | 'palette' | 'help' }
  | null;

const pair_ms = 1000;

export class Keys {
  #g_at = Number.NEGATIVE_INFINITY;

  /** The palette opens from everywhere; the rest is for those who do not type. */
  meaning(event: KeyboardEvent): Meaning {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k')
      return { means: 'palette' };
    const typing = (event.target as HTMLElement).closest('input, select, textarea, dialog');
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return null;
    const is_second = event.timeStamp - this.#g_at < pair_ms;
    this.#g_at = Number.NEGATIVE_INFINITY;
    const place = places.find(({ key }) => key === event.key);
    if (is_second && place !== undefined) return { means: 'go', path: place.path };
    switch (event.key) {
      case 'g':
        this.#g_at = event.timeStamp;
        return null;
      case 'j':
        return { means: 'row', by: 1 };
      case 'k':
        return { means: 'row', by: -1 };
      case '/':
        return { means: 'search' };
      case '?':
        return { means: 'help' };
      default:
        return null;
    }
  }
}

/** Moves the focus to what can be opened in the next row of a table or the one before, where Enter then opens it. */
export function step_rows(by: 1 | -1): void {
  const openers = [...document.querySelectorAll<HTMLElement>('main tbody tr')].flatMap(
    (row) => row.querySelector<HTMLElement>('a[href], button') ?? [],
  );
  const focused = document.activeElement?.closest('tr');
  const at = openers.findIndex((each) => each.closest('tr') === focused);
  const next = at < 0 ? (by > 0 ? 0 : openers.length - 1) : at + by;
  openers[next]?.focus();
}

// What the pages share: the address shown, the light of the connection, and two ways to hold data:
// watched (pushed by the broker) and listed (read page by page).

import { onDestroy } from 'svelte';
import { read, Problem, type Whoami } from './api';
import { Live, type Light } from './live';
import { parse_route, type Route } from './route';

interface Shown {
  route: Route;
  light: Light;
  light_since: number;
  outdated: boolean;
  /** Whether the broker takes changes; not before it has said so. */
  may_change: boolean;
}
export const shown = $state<Shown>({
  route: parse_route(location.hash),
  light: 'connecting',
  light_since: Date.now(),
  outdated: false,
  may_change: false,
});

addEventListener('hashchange', () => (shown.route = parse_route(location.hash)));

let first_ui_hash: string | null = null;

function events_address(): string {
  const address = new URL('ws/v1/events', location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.hash = '';
  address.search = '';
  return address.href;
}

let live: Live | undefined;

/** The connection of the page; the first caller opens it. */
export function connection(): Live {
  live ??= new Live(
    events_address(),
    (light) => {
      shown.light = light;
      shown.light_since = Date.now();
    },
    (ui_hash) => {
      first_ui_hash ??= ui_hash;
      shown.outdated = ui_hash !== null && ui_hash !== first_ui_hash;
      // A broker that has come back may have another configuration.
      void read<Whoami>('whoami').then(
        ({ readOnly }) => (shown.may_change = !readOnly),
        () => (shown.may_change = false),
      );
    },
  );
  return live;
}

export interface Held<T> {
  body: T | null;
  problem: Problem | null;
}

/** The body of a channel for the life of the component that asks; the last one stays when offline. */
export function watched<T>(channel: string): Held<T> {
  const held = $state<Held<T>>({ body: null, problem: null });
  const stop = connection().watch<T>(channel, {
    data: (body) => {
      held.body = body;
      held.problem = null;
    },
    problem: (problem) => (held.problem = problem),
  });
  onDestroy(stop);
  return held;
}

const refresh_ms = 5000;

/**
 * What `ask` answers for `key()`, asked anew when the key or `version()` changes and, while the tab is visible, after each
 * pause; with a pause of null it is not.
 */
export function asked<T>(
  key: () => string,
  ask: (key: string, signal: AbortSignal) => Promise<T>,
  pause_ms: () => number | null = () => refresh_ms,
  version: () => unknown = () => 0,
): Held<T> {
  const held = $state<Held<T>>({ body: null, problem: null });
  $effect(() => {
    const wanted = key();
    const pause = pause_ms();
    version();
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = async () => {
      try {
        if (!document.hidden || held.body === null) {
          const body = await ask(wanted, stop.signal);
          if (stop.signal.aborted) return;
          held.body = body;
          held.problem = null;
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        held.problem =
          error instanceof Problem ? error : new Problem('Reading failed', String(error), 0, null);
      }
      if (pause !== null) timer = setTimeout(refresh, pause);
    };
    void refresh();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  });
  return held;
}

/** The answer to GET api/v1/`path()`, held as `asked` holds it. */
export function listed<T>(
  path: () => string,
  pause_ms?: () => number | null,
  version?: () => unknown,
): Held<T> {
  return asked<T>(path, read<T>, pause_ms, version);
}

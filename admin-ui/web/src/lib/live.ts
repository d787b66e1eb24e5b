// The dashboard's pushes (/ws/v1/events): watches of channels, each a snapshot followed by deltas of top-level fields. After a
// lost connection every watch begins with a new snapshot; a delta that does not follow the last one asks for one too.

import { Connection, type Light } from '../../../client/connection.js';
import { problem_of, type Problem } from './api';

export type { Light };

export interface Watcher<T> {
  data(body: T): void;
  problem(problem: Problem): void;
}

interface Watch {
  channel: string;
  watcher: Watcher<unknown>;
  sequence: number | null;
  body: Record<string, unknown>;
}

interface Frame {
  op?: string;
  id?: number;
  seq?: number;
  data?: Record<string, unknown>;
  problem?: { status?: number };
  uiHash?: string | null;
}

export class Live {
  #connection: Connection;
  #watches = new Map<number, Watch>();
  #next_id = 1;
  #on_welcome: (ui_hash: string | null) => void;

  constructor(
    address: string,
    on_light: (light: Light) => void,
    on_welcome: (ui_hash: string | null) => void = () => {},
  ) {
    this.#on_welcome = on_welcome;
    this.#connection = new Connection(address, {
      light: on_light,
      frame: (frame) => this.#receive(frame),
    });
  }

  /** Follows a channel until the returned function is called. */
  watch<T>(channel: string, watcher: Watcher<T>): () => void {
    const id = this.#next_id++;
    const watch: Watch = {
      channel,
      watcher: watcher as Watcher<unknown>,
      sequence: null,
      body: {},
    };
    this.#watches.set(id, watch);
    this.#connection.send({ op: 'watch', id, ch: channel });
    return () => {
      if (this.#watches.delete(id)) this.#connection.send({ op: 'unwatch', id });
    };
  }

  close(): void {
    this.#connection.close();
  }

  #receive(frame: Frame): void {
    if (frame.op === 'welcome') this.#welcome(frame);
    const watch = frame.id === undefined ? undefined : this.#watches.get(frame.id);
    if (watch === undefined) return;
    if (frame.op === 'snap') this.#take(watch, frame, frame.data ?? {});
    else if (frame.op === 'delta') this.#change(watch, frame);
    else if (frame.op === 'err')
      watch.watcher.problem(problem_of(frame.problem, frame.problem?.status ?? 0));
  }

  #welcome(frame: Frame): void {
    this.#on_welcome(frame.uiHash ?? null);
    for (const [id, watch] of this.#watches) {
      watch.sequence = null;
      this.#connection.send({ op: 'watch', id, ch: watch.channel });
    }
  }

  #take(watch: Watch, frame: Frame, body: Record<string, unknown>): void {
    watch.sequence = frame.seq ?? null;
    watch.body = body;
    watch.watcher.data(body);
  }

  #change(watch: Watch, frame: Frame): void {
    if (watch.sequence === null) return; // a new snapshot is under way
    if (frame.seq === watch.sequence + 1) {
      this.#take(watch, frame, { ...watch.body, ...frame.data });
      return;
    }
    watch.sequence = null;
    this.#connection.send({ op: 'unwatch', id: frame.id });
    this.#connection.send({ op: 'watch', id: frame.id, ch: watch.channel });
  }
}

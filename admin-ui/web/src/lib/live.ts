// The one WebSocket of a page (/ws/v1/events): watches of channels, each a snapshot followed by
// deltas of top-level fields. It connects again by itself, with growing pauses, and every watch
// then begins with a new snapshot; a delta that does not follow the last one asks for one too.

import { problem_of, type Problem } from './api';

export type Light = 'connecting' | 'live' | 'stale' | 'offline';

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
  heartbeatMs?: number;
  uiHash?: string | null;
}

const first_pause_ms = 500;
const longest_pause_ms = 15_000;

export class Live {
  #address: string;
  #socket: WebSocket | null = null;
  #watches = new Map<number, Watch>();
  #next_id = 1;
  #pause_ms = first_pause_ms;
  #heartbeat_ms = 15_000;
  #heard_at = 0;
  #pinged_at = 0;
  #ping: ReturnType<typeof setInterval> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #welcomed = false;
  #stale = false;
  #on_light: (light: Light) => void;
  #on_welcome: (ui_hash: string | null) => void;

  constructor(
    address: string,
    on_light: (light: Light) => void,
    on_welcome: (ui_hash: string | null) => void = () => {},
  ) {
    this.#address = address;
    this.#on_light = on_light;
    this.#on_welcome = on_welcome;
    this.#connect();
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
    this.#send({ op: 'watch', id, ch: channel });
    return () => {
      if (this.#watches.delete(id)) this.#send({ op: 'unwatch', id });
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    clearInterval(this.#ping);
    this.#socket?.close();
  }

  #connect(): void {
    this.#on_light('connecting');
    const socket = new WebSocket(this.#address, 'log.v1.json');
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(String(event.data));
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
  }

  #lost(): void {
    clearInterval(this.#ping);
    this.#socket = null;
    this.#welcomed = false;
    this.#stale = false;
    this.#pinged_at = 0;
    if (this.#closed) return;
    this.#on_light('offline');
    // A part by chance, so that the pages of a broker that comes back do not all return at once.
    const pause_ms = this.#pause_ms * (0.5 + Math.random() / 2);
    this.#pause_ms = Math.min(this.#pause_ms * 2, longest_pause_ms);
    this.#again = setTimeout(() => this.#connect(), pause_ms);
  }

  #send(frame: object): void {
    // Before the welcome nothing goes out: it sends every watch that exists by then.
    if (this.#welcomed && this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #receive(text: string): void {
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      this.#socket?.close();
      return;
    }
    this.#heard_at = Date.now();
    this.#doubt(false);
    if (frame.op === 'welcome') this.#welcome(frame);
    const watch = frame.id === undefined ? undefined : this.#watches.get(frame.id);
    if (watch === undefined) return;
    if (frame.op === 'snap') this.#take(watch, frame, frame.data ?? {});
    else if (frame.op === 'delta') this.#change(watch, frame);
    else if (frame.op === 'err')
      watch.watcher.problem(problem_of(frame.problem, frame.problem?.status ?? 0));
  }

  #welcome(frame: Frame): void {
    this.#welcomed = true;
    this.#pause_ms = first_pause_ms;
    this.#heartbeat_ms = frame.heartbeatMs ?? this.#heartbeat_ms;
    this.#on_light('live');
    this.#on_welcome(frame.uiHash ?? null);
    for (const [id, watch] of this.#watches) {
      watch.sequence = null;
      this.#send({ op: 'watch', id, ch: watch.channel });
    }
    clearInterval(this.#ping);
    this.#ping = setInterval(() => this.#beat(), this.#heartbeat_ms);
  }

  #beat(): void {
    const socket = this.#socket;
    const silent_ms = Date.now() - this.#heard_at;
    if (socket !== null && silent_ms > 2 * this.#heartbeat_ms) {
      // A dead peer never answers the closing handshake: do not wait for it.
      socket.onclose = null;
      socket.close();
      this.#lost();
    } else {
      this.#doubt(this.#heard_at < this.#pinged_at);
      this.#pinged_at = Date.now();
      this.#send({ op: 'ping', t: this.#pinged_at });
    }
  }

  /** Whether the last ping has had no answer so far. */
  #doubt(is_stale: boolean): void {
    if (this.#stale === is_stale) return;
    this.#stale = is_stale;
    this.#on_light(is_stale ? 'stale' : 'live');
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
    this.#send({ op: 'unwatch', id: frame.id });
    this.#send({ op: 'watch', id: frame.id, ch: watch.channel });
  }
}

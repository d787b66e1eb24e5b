// Reads and writes topics of an Ottla broker from a web page, over /ws/v1/data (docs/websocket.md). No build, no dependency:
//
//   const ottla = new Ottla('http://127.0.0.1:8090');
//   ottla.subscribe({ topic: 'orders', from: { tail: 10 } }, { records: (some) => some.forEach(show) });
//   ottla.join({ group: 'board', topics: ['orders'] }, { records: (some) => some.forEach(show) });
//   await ottla.publish('orders', [{ key: 'user-1', value: '{"total":12}' }]);
//
// A subscription keeps its offsets: after a lost connection it goes on where it was, nothing twice, nothing left out. The
// broker sends no more than there is credit for; new credit is given when `records` has returned (or what it returns has
// resolved), so a page that is slow is sent less. Offsets are strings: they may be larger than a number is exact.

import { Connection } from './connection.js';
import { Member } from './member.js';

/** @typedef {import('./connection.js').Light} Light */
/** @typedef {import('./connection.js').Frame} Frame */

/**
 * null, text, or {b: base64} where it is no text. What was cut for the preview has its true size in `n`.
 * @typedef {null | string | { s?: string, b?: string, n?: number, cut?: boolean }} Bytes
 */

/**
 * @typedef {object} OttlaRecord
 * @property {string} topic
 * @property {number} partition
 * @property {string} offset
 * @property {number} timestamp Milliseconds since 1970.
 * @property {Bytes} key
 * @property {Bytes} value
 * @property {[Bytes, Bytes][]} headers
 */

/**
 * Where reading begins: at what comes, at what is kept, so many records before the end of each partition, at a time, or at
 * an offset for each partition.
 * @typedef {'latest' | 'earliest' | { tail: number } | { timestamp: number } | { offsets: Record<string, string> }} From
 */

/**
 * @typedef {object} Gap
 * @property {number} partition
 * @property {string} from The first offset that is not shown.
 * @property {string} to The offset after the last one that is not shown.
 * @property {string} why "sampled", "retention", "compacted", "oversize", "truncated"
 */

/**
 * A refusal in the words of the broker.
 * @typedef {{ title?: string, detail?: string, status?: number, type?: string }} Problem
 */

/**
 * @typedef {object} SubscribeOptions
 * @property {string} topic
 * @property {'all' | number[]} [partitions]
 * @property {From} [from] Default: 'latest'.
 * @property {number} [limit] Ends after so many records.
 * @property {boolean} [stopAtEnd] Ends where the partitions ended when it began.
 * @property {number} [preview] Bytes of a value that are sent, default 4096.
 * @property {object} [filter] What records are wanted; what is not is skipped by the broker.
 * @property {'lossless' | 'sample'} [mode]
 */

/**
 * @typedef {object} Handlers
 * @property {(records: OttlaRecord[]) => unknown} records Of one partition, in order. Credit is given back when what it
 *   returns has resolved.
 * @property {(gap: Gap) => void} [gap]
 * @property {(about: Frame) => void} [progress] While a filter looks through the log.
 * @property {(why: string) => void} [ended]
 * @property {(problem: Problem) => void} [problem] The subscription has no answer now; status 404: it is over.
 */

/** @typedef {{ partition?: number, key?: Bytes, value: Bytes, headers?: [string, Bytes][], timestamp?: number }} NewRecord */
/** @typedef {{ partition: number, offset: string }} Published */

const again_ms = 1000;
export const credit_max = { msgs: 1000, bytes: 1 << 20 };

/**
 * The text of a key or value; null where it is null or no text.
 * @param {Bytes} bytes
 * @returns {string | null}
 */
export function text_of(bytes) {
  return typeof bytes === 'string' ? bytes : (bytes?.s ?? null);
}

/**
 * What is handed out and not yet handled, so that credit is given back in large pieces.
 */
export class Credit {
  #send;
  #back = { msgs: 0, bytes: 0 };

  /** @param {(credit: { msgs: number, bytes: number }) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * @param {number} msgs
   * @param {number} bytes
   */
  give_back(msgs, bytes) {
    this.#back.msgs += msgs;
    this.#back.bytes += bytes;
    if (this.#back.msgs * 2 < credit_max.msgs && this.#back.bytes * 2 < credit_max.bytes) return;
    this.#send(this.#back);
    this.#back = { msgs: 0, bytes: 0 };
  }

  /** A new connection begins with all of it. */
  start_anew() {
    this.#back = { msgs: 0, bytes: 0 };
  }
}

/**
 * @param {Frame} frame
 * @returns {OttlaRecord[]}
 */
export function records_of(frame) {
  return frame.recs.map((/** @type {Frame} */ record) => ({
    topic: frame.t,
    partition: frame.p,
    offset: record.o,
    timestamp: record.ts,
    key: record.k,
    value: record.v,
    headers: record.h ?? [],
  }));
}

/** @param {string} offset */
export const after = (offset) => String(BigInt(offset) + 1n);

/** Reads a topic without a group. Made by Ottla.subscribe. */
export class Subscription {
  #id;
  #options;
  #handlers;
  #send;
  #forget;
  #credit;
  #generation = 0;
  #is_located = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #is_paused = false;
  /** @type {From} */
  #from;
  /** @type {number | undefined} */
  #left;
  /** @type {Promise<unknown>} */
  #handled = Promise.resolve();

  /**
   * The offset of the next record of each partition, as far as they are known. Kept over lost connections.
   * @type {Record<string, string>}
   */
  positions = {};

  /**
   * @param {number} id
   * @param {SubscribeOptions} options
   * @param {Handlers} handlers
   * @param {(frame: Frame) => boolean} send
   * @param {() => void} forget
   */
  constructor(id, options, handlers, send, forget) {
    this.#id = id;
    this.#options = options;
    this.#handlers = handlers;
    this.#send = send;
    this.#forget = forget;
    this.#from = options.from ?? 'latest';
    this.#left = options.limit;
    this.#credit = new Credit((more) => this.#send({ op: 'credit', id, ...more }));
    this.begin();
  }

  get is_paused() {
    return this.#is_paused;
  }

  /** The broker sends nothing and keeps the place. */
  pause() {
    this.#is_paused = true;
    this.#send({ op: 'pause', id: this.#id });
  }

  resume() {
    this.#is_paused = false;
    this.#send({ op: 'resume', id: this.#id });
  }

  /**
   * Goes on elsewhere; nothing of before is handed out any more.
   * @param {From} to
   */
  seek(to) {
    this.#from = to;
    this.positions = {};
    if (!this.#send({ op: 'seek', id: this.#id, to })) return;
    this.#generation += 1;
    this.#is_located = false;
  }

  close() {
    clearTimeout(this.#again);
    this.#send({ op: 'unsub', id: this.#id });
    this.#forget();
  }

  /** Asks the broker, again after each lost connection. For Ottla. */
  begin() {
    clearTimeout(this.#again);
    const { topic, partitions, stopAtEnd, preview, filter, mode } = this.#options;
    const is_known = Object.keys(this.positions).length > 0;
    const is_sent = this.#send({
      op: 'sub',
      id: this.#id,
      topic,
      partitions: partitions ?? 'all',
      from: is_known ? { offsets: this.positions } : this.#from,
      ...(this.#left === undefined ? {} : { limit: this.#left }),
      ...(stopAtEnd ? { stopAtEnd } : {}),
      ...(preview === undefined ? {} : { preview }),
      ...(filter === undefined ? {} : { filter }),
      ...(mode === undefined ? {} : { mode }),
      credit: credit_max,
    });
    this.#generation = 1;
    this.#is_located = false;
    this.#credit.start_anew();
    if (is_sent && this.#is_paused) this.#send({ op: 'pause', id: this.#id });
  }

  /**
   * For Ottla.
   * @param {Frame} frame
   * @param {string} text The frame as it came.
   */
  take(frame, text) {
    if (frame.gen !== undefined && frame.gen !== this.#generation) return;
    switch (frame.op) {
      case 'ok':
        this.#is_located = true;
        this.positions = { ...frame.start };
        break;
      case 'recs':
        this.#records(frame, new TextEncoder().encode(text).length);
        break;
      case 'gap':
        this.positions[frame.p] = frame.to;
        this.#handlers.gap?.({
          partition: frame.p,
          from: frame.from,
          to: frame.to,
          why: frame.why,
        });
        break;
      case 'progress':
        Object.assign(this.positions, frame.pos);
        this.#handlers.progress?.(frame);
        break;
      case 'end':
        Object.assign(this.positions, frame.pos);
        this.#forget();
        this.#handlers.ended?.(frame.why);
        break;
      case 'err':
        this.#refused(frame.problem ?? {});
    }
  }

  /** @param {Problem} problem */
  #refused(problem) {
    const is_final = [400, 403, 404].includes(problem.status ?? 0);
    if (is_final) this.#forget();
    // One that never began is over for the broker; one that did goes on by itself.
    else if (!this.#is_located) this.#again = setTimeout(() => this.begin(), again_ms);
    this.#handlers.problem?.(problem);
  }

  /**
   * @param {Frame} frame
   * @param {number} bytes
   */
  #records(frame, bytes) {
    const records = records_of(frame);
    const last = records[records.length - 1];
    if (last === undefined) return;
    this.positions[frame.p] = after(last.offset);
    if (this.#left !== undefined) this.#left -= records.length;
    const generation = this.#generation;
    // One after the other, in order, however long each takes.
    this.#handled = this.#handled.then(async () => {
      if (generation !== this.#generation) return;
      try {
        await this.#handlers.records(records);
      } catch (error) {
        reportError(error);
      }
      this.#credit.give_back(records.length, bytes);
    });
  }
}

/** A broker, reached over one WebSocket for all subscriptions. */
export class Ottla {
  #connection;
  #next_id = 1;
  /** @type {Map<number, Subscription | Member>} */
  #subscriptions = new Map();
  /** @type {Map<number, { resolve: (results: Published[]) => void, reject: (why: Error) => void }>} */
  #publishing = new Map();
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();
  #is_closed = false;

  /**
   * @param {string} address Of the broker's admin listener, such as http://127.0.0.1:8090
   * @param {{ light?: (light: Light) => void, client?: string }} [options]
   */
  constructor(address, { light, client = 'ottla.js' } = {}) {
    const url = new URL('ws/v1/data', address.endsWith('/') ? address : `${address}/`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#connection = new Connection(url.href, {
      hello: { op: 'hello', v: 1, client },
      frame: (frame, text) => this.#take(frame, text),
      light: (now) => {
        if (now === 'offline') this.#give_up_publishing();
        light?.(now);
      },
    });
  }

  /**
   * @param {SubscribeOptions} options
   * @param {Handlers} handlers
   * @returns {Subscription}
   */
  subscribe(options, handlers) {
    const id = this.#next_id++;
    const subscription = new Subscription(
      id,
      options,
      handlers,
      (frame) => this.#connection.send(frame),
      () => this.#subscriptions.delete(id),
    );
    this.#subscriptions.set(id, subscription);
    return subscription;
  }

  /**
   * Reads as a member of a consumer group, beside other pages and other clients.
   * @param {import('./member.js').JoinOptions} options
   * @param {import('./member.js').MemberHandlers} handlers
   * @returns {Member}
   */
  join(options, handlers) {
    const id = this.#next_id++;
    const member = new Member(
      id,
      options,
      handlers,
      (frame) => this.#connection.send(frame),
      () => this.#subscriptions.delete(id),
    );
    this.#subscriptions.set(id, member);
    return member;
  }

  /**
   * Resolves when the records are as safe as the topic asks. Rejects where the broker refuses one; and when the connection is
   * lost before the answer: whether they are in the topic is then not known.
   * @param {string} topic
   * @param {NewRecord[]} records
   * @returns {Promise<Published[]>}
   */
  publish(topic, records) {
    // The broker takes one at a time.
    const published = this.#turn.then(() => this.#publish(topic, records));
    this.#turn = published.catch(() => {});
    return published;
  }

  /**
   * @param {string} topic
   * @param {NewRecord[]} records
   * @returns {Promise<Published[]>}
   */
  #publish(topic, records) {
    const id = this.#next_id++;
    const recs = records.map(({ partition, key, value, headers, timestamp }) => ({
      ...(partition === undefined ? {} : { p: partition }),
      k: key ?? null,
      v: value,
      ...(headers === undefined ? {} : { h: headers }),
      ...(timestamp === undefined ? {} : { ts: timestamp }),
    }));
    return new Promise((resolve, reject) => {
      if (
        !this.#connection.send({
          op: 'pub',
          id,
          topic,
          acks: 'all',
          records: recs,
        })
      )
        return reject(new Error('the broker cannot be reached'));
      this.#publishing.set(id, { resolve, reject });
    });
  }

  close() {
    this.#is_closed = true;
    this.#connection.close();
    this.#give_up_publishing();
  }

  #give_up_publishing() {
    for (const { reject } of this.#publishing.values())
      reject(new Error('the connection was lost before the answer'));
    this.#publishing.clear();
  }

  /**
   * @param {Frame} frame
   * @param {string} text
   */
  #take(frame, text) {
    if (this.#is_closed) return;
    if (frame.op === 'welcome') for (const each of this.#subscriptions.values()) each.begin();
    const pending = this.#publishing.get(frame.id);
    if (pending !== undefined) {
      this.#publishing.delete(frame.id);
      const refused =
        frame.problem ?? frame.results?.find((/** @type {Frame} */ r) => r.problem)?.problem;
      if (refused) pending.reject(Object.assign(new Error(refused.title), { problem: refused }));
      else
        pending.resolve(
          frame.results.map((/** @type {Frame} */ { p, o }) => ({
            partition: p,
            offset: o,
          })),
        );
      return;
    }
    this.#subscriptions.get(frame.id)?.take(frame, text);
  }
}

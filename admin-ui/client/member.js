// A page as a member of a consumer group (`join` in docs/websocket.md). What `records` has done with is acknowledged by itself;
// what was done but not committed when a connection was lost is not handed out again to the same page.

import { after, Credit, credit_max, records_of } from './ottla.js';

/** @typedef {import('./connection.js').Frame} Frame */
/** @typedef {import('./ottla.js').OttlaRecord} OttlaRecord */
/** @typedef {import('./ottla.js').Problem} Problem */

/**
 * @typedef {object} JoinOptions
 * @property {string} group
 * @property {string[]} topics
 * @property {'latest' | 'earliest'} [reset] Where a partition begins for which the group has committed nothing.
 * @property {string} [instance] A name of this page's own: one that comes back in time keeps its partitions.
 */

/**
 * @typedef {object} MemberHandlers
 * @property {(records: OttlaRecord[]) => unknown} records Of one partition, in order; acknowledged when what it returns has
 *   resolved.
 * @property {(partitions: { topic: string, partition: number }[]) => void} [assigned] All that it has from now on.
 * @property {(problem: Problem) => void} [problem]
 */

const ack_pause_ms = 200;

export class Member {
  #id;
  #options;
  #handlers;
  #send;
  #forget;
  #credit;
  #generation = -1;
  /** The offset after what this page has done, as far as it is not known to be committed. @type {Map<string, string>} */
  #done = new Map();
  /** What is to be acknowledged. @type {Map<string, [string, number, string]>} */
  #acks = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #acking;
  /** @type {Promise<unknown>} */
  #handled = Promise.resolve();

  /**
   * @param {number} id
   * @param {JoinOptions} options
   * @param {MemberHandlers} handlers
   * @param {(frame: Frame) => boolean} send
   * @param {() => void} forget
   */
  constructor(id, options, handlers, send, forget) {
    this.#id = id;
    this.#options = options;
    this.#handlers = handlers;
    this.#send = send;
    this.#forget = forget;
    this.#credit = new Credit((more) => this.#send({ op: 'credit', id, ...more }));
    this.begin();
  }

  /** What was done is committed; the others of the group get the partitions. */
  leave() {
    this.#acknowledge();
    this.#send({ op: 'leave', id: this.#id });
    this.#forget();
  }

  /** Asks the broker, again after each lost connection. For Ottla. */
  begin() {
    this.#generation = -1;
    this.#acks.clear();
    this.#credit.start_anew();
    this.#send({ op: 'join', id: this.#id, ...this.#options, credit: credit_max });
  }

  /**
   * For Ottla.
   * @param {Frame} frame
   * @param {string} text The frame as it came.
   */
  take(frame, text) {
    switch (frame.op) {
      case 'assigned':
        this.#generation = frame.gen;
        this.#acks.clear();
        this.#handlers.assigned?.(
          frame.partitions.map((/** @type {[string, number]} */ [topic, partition]) => ({
            topic,
            partition,
          })),
        );
        break;
      case 'revoked':
        if (frame.lost) this.#generation = -1;
        else this.#handled.then(() => this.#acknowledge(true));
        break;
      case 'recs':
        if (frame.gen === this.#generation) this.#records(frame, text);
        break;
      case 'committed':
        for (const [topic, partition, next] of frame.offsets) {
          const place = `${topic}-${partition}`;
          if (BigInt(this.#done.get(place) ?? -1) <= BigInt(next)) this.#done.delete(place);
        }
        break;
      case 'err':
        if ([400, 403, 404, 409].includes(frame.problem?.status)) this.#forget();
        this.#handlers.problem?.(frame.problem ?? {});
    }
  }

  /**
   * @param {Frame} frame
   * @param {string} text
   */
  #records(frame, text) {
    const all = records_of(frame);
    const bytes = new TextEncoder().encode(text).length;
    const place = `${frame.t}-${frame.p}`;
    const generation = this.#generation;
    this.#handled = this.#handled.then(async () => {
      if (generation !== this.#generation) return;
      const done = BigInt(this.#done.get(place) ?? 0);
      const fresh = all.filter(({ offset }) => BigInt(offset) >= done);
      try {
        if (fresh.length > 0) await this.#handlers.records(fresh);
      } catch (error) {
        reportError(error); // a page that fails has still had them
      }
      const next = after(all[all.length - 1]?.offset ?? '-1');
      if (BigInt(next) > done) this.#done.set(place, next);
      this.#credit.give_back(all.length, bytes);
      if (generation !== this.#generation) return;
      this.#acks.set(place, [frame.t, frame.p, next]);
      this.#acking ??= setTimeout(() => this.#acknowledge(), ack_pause_ms);
    });
  }

  /** @param {boolean} [even_nothing] Ends the wait of a rebalance. */
  #acknowledge(even_nothing = false) {
    clearTimeout(this.#acking);
    this.#acking = undefined;
    if (this.#acks.size === 0 && !even_nothing) return;
    const offsets = [...this.#acks.values()];
    this.#acks.clear();
    this.#send({ op: 'ack', id: this.#id, offsets });
  }
}

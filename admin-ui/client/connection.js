// A WebSocket to a broker that connects again by itself, with growing pauses, and notices a peer that is gone.
// Both WebSockets of a broker begin alike: docs/websocket.md.

/**
 * connecting: no word from the broker yet. live: it answers. stale: a ping has had no answer so far. offline: waiting to
 * connect again.
 * @typedef {'connecting' | 'live' | 'stale' | 'offline'} Light
 */

/** @typedef {Record<string, any>} Frame */

/**
 * @typedef {object} ConnectionOptions
 * @property {(frame: Frame, text: string) => void} frame Gets every frame, "welcome" first. What is to be asked anew after
 *   a lost connection is asked there.
 * @property {(light: Light) => void} [light]
 * @property {Frame} [hello] The frame that comes before the welcome, where the WebSocket wants one.
 */

const first_pause_ms = 500;
const longest_pause_ms = 15_000;

export class Connection {
  #address;
  #options;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Light | null} */
  #light = null;
  #pause_ms = first_pause_ms;
  #heartbeat_ms = 15_000;
  #heard_at = 0;
  #pinged_at = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ping;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #closed = false;
  #welcomed = false;

  /**
   * @param {string} address ws: or wss:
   * @param {ConnectionOptions} options
   */
  constructor(address, options) {
    this.#address = address;
    this.#options = options;
    this.#connect();
  }

  /**
   * Before the welcome nothing goes out, and nothing is kept for later.
   * @param {Frame} frame
   * @returns {boolean} whether it has gone out
   */
  send(frame) {
    if (!this.#welcomed || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#again);
    clearInterval(this.#ping);
    this.#socket?.close();
  }

  #connect() {
    this.#show('connecting');
    const socket = new WebSocket(this.#address, 'log.v1.json');
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#options.hello) socket.send(JSON.stringify(this.#options.hello));
    };
    socket.onmessage = (event) => this.#receive(String(event.data));
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
  }

  /** @param {Light} light */
  #show(light) {
    if (this.#light === light) return;
    this.#light = light;
    this.#options.light?.(light);
  }

  #lost() {
    clearInterval(this.#ping);
    this.#socket = null;
    this.#welcomed = false;
    this.#pinged_at = 0;
    if (this.#closed) return;
    this.#show('offline');
    // A part by chance, so that the pages of a broker that comes back do not all return at once.
    const pause_ms = this.#pause_ms * (0.5 + Math.random() / 2);
    this.#pause_ms = Math.min(this.#pause_ms * 2, longest_pause_ms);
    this.#again = setTimeout(() => this.#connect(), pause_ms);
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {Frame} */
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.#socket?.close();
      return;
    }
    this.#heard_at = Date.now();
    if (frame.op === 'welcome') this.#welcome(frame);
    if (this.#welcomed) this.#show('live');
    this.#options.frame(frame, text);
  }

  /** @param {Frame} frame */
  #welcome(frame) {
    this.#welcomed = true;
    this.#pause_ms = first_pause_ms;
    this.#heartbeat_ms = frame.heartbeatMs ?? this.#heartbeat_ms;
    clearInterval(this.#ping);
    this.#ping = setInterval(() => this.#beat(), this.#heartbeat_ms);
  }

  #beat() {
    const socket = this.#socket;
    if (socket !== null && Date.now() - this.#heard_at > 2 * this.#heartbeat_ms) {
      // A dead peer never answers the closing handshake: do not wait for it.
      socket.onclose = null;
      socket.close();
      this.#lost();
    } else {
      if (this.#heard_at < this.#pinged_at) this.#show('stale');
      this.#pinged_at = Date.now();
      this.send({ op: 'ping', t: this.#pinged_at });
    }
  }
}

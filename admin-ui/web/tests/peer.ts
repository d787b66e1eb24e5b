// The other end of the socket: what the page sent, and a hand to answer with.
export class Peer {
  static all: Peer[] = [];
  static get last(): Peer {
    return Peer.all[Peer.all.length - 1]!;
  }
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onopen: (() => void) | null = null;
  constructor(
    readonly address: string,
    readonly protocol: string,
  ) {
    Peer.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  welcome(): void {
    this.readyState = 1;
    this.onopen?.();
    this.say({ op: 'welcome', v: 1, node: 1, heartbeatMs: 1000, uiHash: 'a' });
  }
}

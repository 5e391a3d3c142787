/** A network that goes away and comes back: a TCP proxy in front of a server. */

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Network {
  #sockets = new Set();
  #server;
  #there = true;
  /** How many connections have reached the server. */
  opened = 0;
  /** The path whose connections are cut before they reach the server; null for none. */
  refused = null;

  /** Stand in front of the server at `url`; then `url` of this is the way through. */
  static async before(url) {
    const network = new Network();
    const { hostname, port } = new URL(url);
    network.#server = createServer((near) => network.#join(near, hostname, Number(port)));
    network.#server.listen(0, "127.0.0.1");
    await once(network.#server, "listening");
    network.url = `http://127.0.0.1:${network.#server.address().port}`;
    return network;
  }

  /** Cut every connection, as a network does: with a reset. */
  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Cut every connection, and take no new one. */
  down() {
    this.#there = false;
    this.cut();
  }

  /** Take connections again. */
  up() {
    this.#there = true;
  }

  /** Go away for good. */
  close() {
    this.#server.close();
    this.cut();
  }

  #join(near, host, port) {
    if (!this.#there) return near.resetAndDestroy();
    const far = connect(port, host);
    far.on("connect", () => this.opened++);
    near.once("data", (first) => {
      if (this.refused && first.includes(`GET ${this.refused}`)) near.resetAndDestroy();
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from);
      from.on("error", () => {}); // cut; what follows is the close
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}

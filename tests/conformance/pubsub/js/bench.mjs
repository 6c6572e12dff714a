// What the cases hold in their hands: hubs of their own, official clients that remember, and a proxy that cuts.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";

import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";

export const CONNECTION_STRING = process.env.PUBSUB_CONNECTION_STRING;
export const ANYTHING = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
const PATIENCE_MS = 60_000;

/** Things that come one after the other, to be waited for. */
export class Arrivals {
  #waiting = [];
  #kept = [];

  add(item) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(item);
    else this.#kept.push(item);
  }

  async next() {
    if (this.#kept.length > 0) return this.#kept.shift();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("Nothing came.")), PATIENCE_MS);
    });
    try {
      return await Promise.race([new Promise((resolve) => this.#waiting.push(resolve)), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A hub of a case's own; `end` stops its clients. */
export class Hub {
  #clients = [];

  constructor(connectionString = CONNECTION_STRING) {
    this.connectionString = connectionString;
    this.name = `hub_${randomBytes(6).toString("hex")}`;
    this.service = new WebPubSubServiceClient(connectionString, this.name, {
      allowInsecureConnection: true,
      retryOptions: { maxRetries: 0 },
    });
  }

  async url(token, port) {
    const { url } = await this.service.getClientAccessToken(token);
    return port ? url.replace(/:\d+\//, `:${port}/`) : url;
  }

  /** Connect an official client; `port` is a proxy's. */
  async client(token = {}, { port, plain, ...options } = {}) {
    const credential = { getClientAccessUrl: () => this.url(token, port) };
    const official = new WebPubSubClient(credential, {
      messageRetryOptions: { maxRetries: 0 },
      ...(plain ? { protocol: WebPubSubJsonProtocol() } : {}),
      ...options,
    });
    const client = { official, heard: new Arrivals(), connected: new Arrivals(), lost: new Arrivals() };
    official.on("connected", (args) => {
      client.id = args.connectionId;
      client.user = args.userId;
      client.connected.add(args.connectionId);
    });
    official.on("disconnected", (args) => client.lost.add(args.message?.message));
    official.on("group-message", ({ message }) => client.heard.add(message));
    official.on("server-message", ({ message }) => client.heard.add(message));
    client.data = async () => (await client.heard.next()).data;
    this.#clients.push(official);
    await official.start();
    await client.connected.next();
    return client;
  }

  end() {
    for (const client of this.#clients) client.stop();
  }
}

/** Run a case with a hub of its own. */
export function withHub(body, connectionString) {
  return async () => {
    const hub = new Hub(connectionString);
    try {
      await body(hub);
    } finally {
      hub.end();
    }
  };
}

/** A proxy in front of the server, whose connections can be cut. */
export class Proxy {
  #lines = new Set();
  refuses = false;
  silent = false;

  async open() {
    const port = Number(new URL(/Endpoint=([^;]+)/.exec(CONNECTION_STRING)[1]).port);
    this.server = net.createServer((client) => {
      if (this.refuses) {
        client.resetAndDestroy();
        return;
      }
      const upstream = net.connect(port, "127.0.0.1");
      this.#lines.add([client, upstream]);
      client.on("data", (data) => upstream.write(data));
      upstream.on("data", (data) => this.silent || client.write(data));
      for (const [one, other] of [[client, upstream], [upstream, client]]) {
        one.on("error", () => {});
        one.on("close", () => other.destroy());
      }
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
    return this;
  }

  cut({ reset = false } = {}) {
    for (const line of this.#lines) for (const end of line) reset ? end.resetAndDestroy() : end.destroy();
    this.#lines.clear();
  }

  close() {
    this.cut();
    this.server.close();
  }
}

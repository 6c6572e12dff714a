// The official event handler for express, where the emulator looks for one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";

import { Arrivals, withHub } from "./bench.mjs";

const CONNECTION_STRING = process.env.PUBSUB_OWN_CONNECTION_STRING;
const skip = CONNECTION_STRING ? false : "needs a configuration of its own";
const app = express();
let server;

before(async () => {
  if (skip) return;
  server = app.listen(Number(process.env.PUBSUB_HANDLER_PORT), "127.0.0.1");
  await once(server, "listening");
});

after(() => {
  server?.closeAllConnections();
  server?.close();
});

function handled(name, options, body) {
  test(name, { skip }, withHub(async (hub) => {
    const told = new Arrivals();
    const given = options(told);
    app.use(new WebPubSubEventHandler(hub.name, { path: `/${hub.name}/`, ...given }).getMiddleware());
    await body(hub, told);
  }, CONNECTION_STRING));
}

handled("connect decides who comes in", (told) => ({
  handleConnect: (request, response) => {
    told.add(request);
    response.success({ userId: "bob", groups: ["a"], roles: ["webpubsub.joinLeaveGroup.c"] });
  },
}), async (hub, told) => {
  const client = await hub.client({ userId: "ann" });
  const request = await told.next();
  assert.equal(client.user, "bob");
  assert.deepEqual(request.claims.sub, ["ann"]);
  assert.equal(request.context.connectionId, client.id);
  assert.equal(request.context.hub, hub.name);
  await hub.service.group("a").sendToAll(1);
  assert.equal(await client.data(), 1);
  await client.official.joinGroup("c");
});

handled("connect keeps out whom it will", () => ({
  handleConnect: (_, response) => response.fail(401, "no"),
}), async (hub) => {
  await assert.rejects(hub.client({ userId: "ann" }));
  assert.equal(await hub.service.userExists("ann"), false);
});

handled("coming and going is told", (told) => ({
  onConnected: (request) => told.add(["came", request.context.connectionId]),
  onDisconnected: (request) => told.add(["went", request.context.connectionId, request.reason]),
}), async (hub, told) => {
  const client = await hub.client({ userId: "ann" });
  assert.deepEqual(await told.next(), ["came", client.id]);
  client.official.stop();
  assert.deepEqual((await told.next()).slice(0, 2), ["went", client.id]);
});

handled("events are answered, whatever they carry", (told) => ({
  handleUserEvent: (request, response) => {
    told.add([request.context.eventName, request.dataType, request.data]);
    if (request.dataType === "binary") response.success();
    else if (request.dataType === "json") response.success(JSON.stringify({ got: request.data }), "json");
    else response.success(`${request.data}!`, "text");
  },
}), async (hub, told) => {
  const client = await hub.client({ userId: "ann" });
  await client.official.sendEvent("say", "hello", "text");
  assert.deepEqual(await told.next(), ["say", "text", "hello"]);
  assert.equal(await client.data(), "hello!");
  await client.official.sendEvent("tell", { n: 1 }, "json");
  assert.deepEqual(await told.next(), ["tell", "json", { n: 1 }]);
  assert.deepEqual(await client.data(), { got: { n: 1 } });
  await client.official.sendEvent("give", new Uint8Array([1, 255]).buffer, "binary");
  const [name, kind, data] = await told.next();
  assert.deepEqual([name, kind, [...new Uint8Array(data)]], ["give", "binary", [1, 255]]);
});

handled("a failed event fails the client's call and nothing else", () => ({
  handleUserEvent: (request, response) => {
    if (request.data === "bad") response.fail(400, "no");
    else response.success();
  },
}), async (hub) => {
  const client = await hub.client({ userId: "ann" });
  await assert.rejects(client.official.sendEvent("say", "bad", "text"));
  await client.official.sendEvent("say", "good", "text");
});

handled("state is kept for the connection", (told) => ({
  handleConnect: (_, response) => {
    response.setState("tenant", { id: 7 });
    response.success();
  },
  handleUserEvent: (request, response) => {
    told.add({ ...request.context.states });
    response.setState("count", (request.context.states.count ?? 0) + 1);
    response.success();
  },
}), async (hub, told) => {
  const client = await hub.client({ userId: "ann" });
  await client.official.sendEvent("say", "x", "text");
  assert.deepEqual(await told.next(), { tenant: { id: 7 } });
  await client.official.sendEvent("say", "x", "text");
  assert.deepEqual(await told.next(), { tenant: { id: 7 }, count: 1 });
});

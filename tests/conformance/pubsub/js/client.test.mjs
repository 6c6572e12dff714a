// The official client: groups, acknowledgements, recovery and reconnection.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ANYTHING, Proxy, withHub } from "./bench.mjs";

test("groups carry text, JSON and bytes", withHub(async (hub) => {
  const ann = await hub.client({ userId: "ann", roles: ANYTHING, groups: ["a"] });
  const bob = await hub.client({ userId: "bob" }, { plain: true });
  await hub.service.group("a").addUser("bob");
  await ann.official.sendToGroup("a", "grüße", "text");
  await ann.official.sendToGroup("a", { n: [1, null] }, "json");
  await ann.official.sendToGroup("a", new Uint8Array([0, 255]).buffer, "binary");
  for (const client of [ann, bob]) {
    const [text, json, binary] = [await client.heard.next(), await client.heard.next(), await client.heard.next()];
    assert.deepEqual([text.data, text.fromUserId, text.group], ["grüße", "ann", "a"]);
    assert.deepEqual(json.data, { n: [1, null] });
    assert.deepEqual([...new Uint8Array(binary.data)], [0, 255]);
  }
}));

test("without echo the sender hears nothing", withHub(async (hub) => {
  const ann = await hub.client({ roles: ANYTHING, groups: ["a"] });
  const bob = await hub.client({ groups: ["a"] });
  await ann.official.sendToGroup("a", 1, "json", { noEcho: true });
  await ann.official.sendToGroup("a", 2, "json", { fireAndForget: true });
  assert.equal(await ann.data(), 2);
  assert.deepEqual([await bob.data(), await bob.data()], [1, 2]);
}));

test("what no role allows is forbidden", withHub(async (hub) => {
  const client = await hub.client({ roles: ["webpubsub.joinLeaveGroup.a.b"] });
  await client.official.joinGroup("a.b");
  const forbidden = (error) => error.errorDetail.name === "Forbidden";
  await assert.rejects(client.official.joinGroup("a"), forbidden);
  await assert.rejects(client.official.sendToGroup("a.b", 1, "json"), forbidden);
}));

test("a repeated ack id is a duplicate", withHub(async (hub) => {
  const client = await hub.client({ roles: ANYTHING, groups: ["a"] });
  const first = await client.official.sendToGroup("a", "once", "text", { ackId: 7 });
  const again = await client.official.sendToGroup("a", "twice", "text", { ackId: 7 });
  await client.official.sendToGroup("a", "next", "text");
  assert.deepEqual([first.isDuplicated, again.isDuplicated], [false, true]);
  assert.deepEqual([await client.data(), await client.data()], ["once", "next"]);
}));

test("an event without a handler fails", withHub(async (hub) => {
  const client = await hub.client();
  await assert.rejects(client.official.sendEvent("hello", "x", "text"));
}));

test("two hundred messages keep their order", withHub(async (hub) => {
  const client = await hub.client({ roles: ANYTHING, groups: ["a"] });
  const numbers = [...Array(200).keys()];
  for (const number of numbers) void client.official.sendToGroup("a", number, "json", { fireAndForget: true });
  const heard = [];
  for (const _ of numbers) heard.push(await client.data());
  assert.deepEqual(heard, numbers);
}));

test("pings are answered, or the client would give up", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann" }, { keepAliveIntervalInMs: 200, keepAliveTimeoutInMs: 700 });
  const first = client.id;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await hub.service.sendToConnection(first, 1);
  assert.equal(await client.data(), 1);
}));

for (const reset of [false, true]) {
  test(`nothing is lost when a connection is cut by ${reset ? "RST" : "FIN"}`, withHub(async (hub) => {
    const proxy = await new Proxy().open();
    try {
      const client = await hub.client({ groups: ["a"] }, { port: proxy.port });
      const first = client.id;
      await hub.service.group("a").sendToAll(1);
      assert.equal(await client.data(), 1);
      proxy.silent = true;
      await hub.service.group("a").sendToAll(2);
      proxy.cut({ reset });
      proxy.silent = false;
      await hub.service.group("a").sendToAll(3);
      assert.deepEqual([await client.data(), await client.data()], [2, 3]);
      proxy.cut({ reset });
      await hub.service.sendToConnection(first, 4);
      assert.equal(await client.data(), 4);
      assert.equal(client.id, first);
    } finally {
      hub.end();
      proxy.close();
    }
  }));
}

test("a plain client reconnects and joins its groups again", withHub(async (hub) => {
  const proxy = await new Proxy().open();
  try {
    const client = await hub.client({ roles: ANYTHING }, { port: proxy.port, plain: true });
    const first = client.id;
    await client.official.joinGroup("a");
    proxy.cut();
    assert.notEqual(await client.connected.next(), first);
    while (!(await hub.service.groupExists("a"))) await new Promise((resolve) => setTimeout(resolve, 20));
    await hub.service.group("a").sendToAll(1);
    assert.equal(await client.data(), 1);
  } finally {
    hub.end();
    proxy.close();
  }
}));

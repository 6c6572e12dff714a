// The official service client: sending, membership, permissions, closing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { WebPubSubServiceClient } from "@azure/web-pubsub";

import { ANYTHING, CONNECTION_STRING, withHub } from "./bench.mjs";

test("a message to all has the data type of its content", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann" });
  await hub.service.sendToAll({ n: 1 });
  await hub.service.sendToAll("text", { contentType: "text/plain" });
  await hub.service.sendToAll(Buffer.from([0, 255]));
  const [json, text, binary] = [await client.heard.next(), await client.heard.next(), await client.heard.next()];
  assert.deepEqual([json.dataType, json.data], ["json", { n: 1 }]);
  assert.deepEqual([text.dataType, text.data], ["text", "text"]);
  assert.deepEqual([binary.dataType, [...new Uint8Array(binary.data)]], ["binary", [0, 255]]);
}));

test("messages reach their group, user or connection", withHub(async (hub) => {
  const one = await hub.client({ userId: "ann", groups: ["a"] });
  const other = await hub.client({ userId: "bob", groups: ["b"] });
  await hub.service.group("a").sendToAll(1);
  await hub.service.sendToUser("ann", 2);
  await hub.service.sendToConnection(one.id, 3);
  await hub.service.sendToAll(4, { excludedConnections: [other.id] });
  await hub.service.sendToAll(5, { filter: "userId eq 'ann'" });
  await hub.service.sendToAll(6);
  const heard = [];
  while (heard.at(-1) !== 6) heard.push(await one.data());
  assert.deepEqual(heard, [1, 2, 3, 4, 5, 6]);
  assert.equal(await other.data(), 6);
}));

test("an invalid filter is refused", withHub(async (hub) => {
  await assert.rejects(hub.service.sendToAll(1, { filter: "userId eq" }), { statusCode: 400 });
}));

test("what exists is told", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann", groups: ["a b/c%"] });
  assert.equal(await hub.service.connectionExists(client.id), true);
  assert.equal(await hub.service.connectionExists("none"), false);
  assert.equal(await hub.service.userExists("ann"), true);
  assert.equal(await hub.service.userExists("bob"), false);
  assert.equal(await hub.service.groupExists("none"), false);
}));

test("membership is changed and listed", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann" });
  const group = hub.service.group("a");
  await group.addConnection(client.id);
  await group.sendToAll(1);
  await group.removeConnection(client.id);
  await group.sendToAll(2);
  await group.addUser("ann");
  await group.sendToAll(3);
  const members = [];
  for await (const member of await group.listConnections()) members.push(member.userId);
  assert.deepEqual(members, ["ann"]);
  await hub.service.removeUserFromAllGroups("ann");
  await group.sendToAll(4);
  await hub.service.sendToAll(5);
  assert.deepEqual([await client.data(), await client.data(), await client.data()], [1, 3, 5]);
  await assert.rejects(group.addConnection("none"), { statusCode: 404 });
}));

test("many are put into groups and taken out by filter", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann" });
  await hub.client({ userId: "bob" });
  await hub.service.addConnectionsToGroups(["a", "b"], "userId eq 'ann'");
  await hub.service.group("a").sendToAll(1);
  await hub.service.group("b").sendToAll(2);
  assert.deepEqual([await client.data(), await client.data()], [1, 2]);
  await hub.service.removeConnectionsFromGroups(["a"], "userId eq 'ann'");
  assert.equal(await hub.service.groupExists("a"), false);
  assert.equal(await hub.service.groupExists("b"), true);
}));

test("permissions are granted, checked and revoked", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann" });
  const name = { targetName: "a" };
  assert.equal(await hub.service.hasPermission(client.id, "joinLeaveGroup", name), false);
  await assert.rejects(client.official.joinGroup("a"));
  await hub.service.grantPermission(client.id, "joinLeaveGroup", name);
  assert.equal(await hub.service.hasPermission(client.id, "joinLeaveGroup", name), true);
  await client.official.joinGroup("a");
  await hub.service.revokePermission(client.id, "joinLeaveGroup", name);
  await assert.rejects(client.official.leaveGroup("a"), (error) => error.errorDetail.name === "Forbidden");
}));

test("closing tells the reason, and the client connects as a new one", withHub(async (hub) => {
  const client = await hub.client({ userId: "ann", roles: ANYTHING }, { reconnectRetryOptions: { retryDelayInMs: 50 } });
  const first = client.id;
  await hub.service.closeConnection(first, { reason: "enough" });
  assert.equal(await client.lost.next(), "enough");
  assert.notEqual(await client.connected.next(), first);
  assert.equal(await hub.service.connectionExists(first), false);
  await hub.service.closeUserConnections("ann", { reason: "user" });
  assert.equal(await client.lost.next(), "user");
}));

test("another key opens nothing", withHub(async (hub) => {
  const wrong = CONNECTION_STRING.replace(/AccessKey=[^;]+/, `AccessKey=${"x".repeat(40)}`);
  const service = new WebPubSubServiceClient(wrong, hub.name, { allowInsecureConnection: true });
  await assert.rejects(service.sendToAll("x"), { statusCode: 401 });
}));

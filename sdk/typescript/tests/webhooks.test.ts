import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { verifyWebhook, WebhookVerificationError } from "../src/index.js";
import { picture } from "./picture.js";
import { JOB, openOrganization } from "./story.js";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const BODY = '{"object":"event","id":"evt_1","type":"job.completed","data":{"title":"Menüs"}}';

interface Delivery {
  headers: IncomingHttpHeaders;
  payload: Buffer;
}

/** The next request that a receiver gets. */
async function delivery(): Promise<{ url: string; next: Promise<Delivery> }> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const next = once(server, "request").then(async ([request, response]) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end();
    server.close();
    return { headers: request.headers, payload: Buffer.concat(chunks) };
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, next };
}

const STANDARD = /^webhook-/;
const VENDOR = /^x-firsthandapi-signature$/;

function only(headers: IncomingHttpHeaders, names: RegExp): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.test(name)));
}

test("what the server delivers is verified, by either signature", async () => {
  const { client, worker } = await openOrganization();
  const { url, next } = await delivery();
  const { secret } = await client.webhookEndpoints.create({ url, events: ["submission.approved"] });
  const job = await client.jobs.create(JOB);
  await worker.capture(job.id, picture(5));
  const { headers, payload } = await next;
  for (const names of [/./, STANDARD, VENDOR]) {
    const event = await verifyWebhook({ payload, headers: only(headers, names), secret });
    expect([event.type, event.data["job_id"], event.livemode]).toEqual(["submission.approved", job.id, true]);
  }
  for (const names of [STANDARD, VENDOR]) {
    const tampered = payload.toString().replace(job.id, "job_other");
    const request = { payload: tampered, headers: only(headers, names), secret };
    await expect(verifyWebhook(request)).rejects.toThrow(WebhookVerificationError);
    await expect(verifyWebhook({ ...request, payload, secret: SECRET })).rejects.toThrow(WebhookVerificationError);
  }
});

test("a secret of the hosted service stands beside ours", async () => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.alloc(32, 7);
  const signature = createHmac("sha256", key).update(`evt_1.${timestamp}.${BODY}`).digest("base64");
  const headers = { "webhook-id": "evt_1", "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  for (const secret of [
    ["the hosted service's own", SECRET],
    [SECRET, "the hosted service's own"],
  ]) {
    expect((await verifyWebhook({ payload: BODY, headers, secret })).id).toBe("evt_1");
  }
});

test("during a rotation the old secret and the new one verify", async () => {
  const { client } = await openOrganization();
  const { url, next } = await delivery();
  const endpoint = await client.webhookEndpoints.create({ url, events: ["job.cancelled"] });
  const rotated = await client.webhookEndpoints.rotateSecret(endpoint.id);
  await client.jobs.cancel((await client.jobs.create(JOB)).id);
  const { headers, payload } = await next;
  for (const secret of [endpoint.secret, rotated.secret, [SECRET, endpoint.secret]]) {
    for (const names of [STANDARD, VENDOR]) {
      const event = await verifyWebhook({ payload, headers: only(headers, names), secret });
      expect(event.type).toBe("job.cancelled");
    }
  }
});

function signed(timestamp: number, secret = SECRET): Record<string, string> {
  const hex = createHmac("sha256", secret).update(`${timestamp}.${BODY}`).digest("hex");
  return { "X-FirstHandAPI-Signature": `t=${timestamp},v1=${hex}` };
}

const NOW = Math.floor(Date.now() / 1000);
const HEX = signed(NOW)["X-FirstHandAPI-Signature"]?.split("v1=")[1] ?? "";

test.each([
  ["a record", signed(NOW)],
  ["a Headers", new Headers(signed(NOW))],
  ["lists, as some servers give them", { "x-firsthandapi-signature": Object.values(signed(NOW)) }],
  ["an earlier signature of another secret", { "X-FirstHandAPI-Signature": `t=${NOW},v1=${"0".repeat(64)},v1=${HEX}` }],
  ["the past, within five minutes", signed(NOW - 290)],
])("headers as %s", async (_, headers) => {
  expect((await verifyWebhook({ payload: BODY, headers, secret: SECRET })).id).toBe("evt_1");
});

test.each([
  ["no headers", {}],
  ["an old signature", signed(NOW - 310)],
  ["a signature of the future", signed(NOW + 310)],
  ["another secret", signed(NOW, "whsec_other")],
  ["no time", { "X-FirstHandAPI-Signature": `v1=${HEX}` }],
  ["a time that is none", { "X-FirstHandAPI-Signature": `t=now,v1=${HEX}` }],
  ["no signature", { "X-FirstHandAPI-Signature": `t=${NOW}` }],
  ["an empty signature", { "X-FirstHandAPI-Signature": `t=${NOW},v1=` }],
  ["half of a signature", { "X-FirstHandAPI-Signature": `t=${NOW},v1=${HEX.slice(0, 32)}` }],
  ["another scheme", { "X-FirstHandAPI-Signature": `t=${NOW},v0=${HEX}` }],
  ["base64 that is none", { "webhook-id": "evt_1", "webhook-timestamp": `${NOW}`, "webhook-signature": "v1,!" }],
  // Standard Webhooks comes first: that the other one is valid must not save it.
  [
    "one valid of two",
    { ...signed(NOW), "webhook-id": "evt_1", "webhook-timestamp": `${NOW}`, "webhook-signature": "v1,AA==" },
  ],
])("%s is refused", async (_, headers) => {
  await expect(verifyWebhook({ payload: BODY, headers, secret: SECRET })).rejects.toThrow(WebhookVerificationError);
});

test("an empty secret verifies nothing", async () => {
  const headers = signed(NOW, "");
  await expect(verifyWebhook({ payload: BODY, headers, secret: "" })).rejects.toThrow(TypeError);
});

test("tolerance can be widened", async () => {
  const request = { payload: BODY, headers: signed(NOW - 3600), secret: SECRET };
  expect((await verifyWebhook({ ...request, tolerance_seconds: 4000 })).id).toBe("evt_1");
});

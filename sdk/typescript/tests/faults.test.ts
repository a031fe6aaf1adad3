import { afterEach, beforeEach, expect, inject, test, vi } from "vitest";
import {
  ApiError,
  Assay,
  AssayError,
  ConnectionError,
  IdempotencyError,
  InternalServerError,
  OverloadedError,
  RateLimitError,
  TimeoutError,
} from "../src/index.js";
import { FaultProxy, type Fault } from "./proxy.js";
import { picture } from "./picture.js";
import { JOB, openOrganization, type Organization } from "./story.js";

const HELD = JOB.quantity * JOB.reward_per_file;
const NO_PAUSE = "0";
const FAULTS: Fault[] = [
  { kind: "reset_before" },
  { kind: "reset_after" },
  { kind: "status", status: 429, retry_after: NO_PAUSE },
  { kind: "status", status: 502 },
  { kind: "status", status: 503, retry_after: NO_PAUSE },
  { kind: "status", status: 504 },
  { kind: "status_after", status: 502 },
  { kind: "truncated" },
];

let proxy: FaultProxy;
let organization: Organization;

beforeEach(async () => {
  proxy = await FaultProxy.start(inject("serverUrl"));
  organization = await openOrganization(proxy);
});
afterEach(() => proxy.close());

test.each(FAULTS)("a job is created and paid once in spite of $kind $status", async (fault) => {
  proxy.plan("POST", /\/v1\/jobs$/, fault, 2);
  const job = await organization.client.jobs.create(JOB);
  const listed = await organization.client.jobs.list();
  expect(listed.data.map(({ id }) => id)).toEqual([job.id]);
  expect((await organization.client.credits.balance()).held_credits).toBe(HELD);
  expect([proxy.pending, proxy.count(/^POST \/v1\/jobs$/)]).toEqual([0, 3]);
});

test("a capture with a key of its own is made once, however often it is called", async () => {
  const { client, worker } = organization;
  const job = await client.jobs.create(JOB);
  const options = { idempotencyKey: "a capture of mine" };
  const first = await worker.capture(job.id, picture(5), {}, options);
  const again = await worker.capture(job.id, picture(5), {}, options);
  expect([again.id, again.status]).toEqual([first.id, "approved"]);
  expect((await client.jobs.get(job.id)).files_approved).toBe(1);
});

test("a timeout of days is no timeout at all", async () => {
  for (const timeoutSeconds of [3e6, Infinity]) {
    expect((await organization.client.jobs.list({}, { timeoutSeconds })).data).toEqual([]);
  }
});

test("a body that stalls is given up and asked for again; the job is created once", async () => {
  proxy.plan("POST", /\/v1\/jobs$/, { kind: "stalled" });
  await organization.client.jobs.create(JOB, { timeoutSeconds: 1 });
  expect((await organization.client.jobs.list()).data).toHaveLength(1);
  expect(proxy.count(/^POST \/v1\/jobs$/)).toBe(2);
});

test.each(FAULTS)(
  "a capture takes one slot and is paid once in spite of $kind $status at every step",
  async (fault) => {
    const job = await organization.client.jobs.create(JOB);
    for (const path of [/accept$/, /submit$/]) proxy.plan("POST", path, fault);
    proxy.plan("PUT", /\/v1\/store\//, fault);
    proxy.plan("GET", /\/worker\/submissions\//, fault);
    const submission = await organization.worker.capture(job.id, picture(5));
    expect([submission.status, proxy.pending]).toEqual(["approved", 0]);
    const own = await organization.worker.submissions();
    expect(own.data.map(({ id }) => id)).toEqual([submission.id]);
    expect(await organization.client.credits.balance()).toMatchObject({ held_credits: HELD - JOB.reward_per_file });
  },
);

const ONCE: [
  name: string,
  path: RegExp,
  action: (open: Organization) => Promise<unknown>,
  count: (open: Organization) => Promise<number>,
][] = [
  [
    "a worker",
    /workers$/,
    ({ client }) => client.workers.create({ name: "Grace" }),
    async ({ client }) => (await client.workers.list()).data.filter(({ name }) => name === "Grace").length,
  ],
  [
    "a purchase",
    /purchase$/,
    ({ client }) => client.credits.purchase({ amount_credits: 100 }),
    async ({ client }) =>
      (await client.credits.transactions()).data.filter(({ amount_credits }) => amount_credits === 100).length,
  ],
  [
    "a key",
    /api_keys$/,
    ({ client }) => client.apiKeys.create({ name: "Second" }),
    async ({ client }) => (await client.apiKeys.list()).data.filter(({ name }) => name === "Second").length,
  ],
  [
    "a receiver",
    /webhook_endpoints$/,
    ({ client }) => client.webhookEndpoints.create({ url: "http://127.0.0.1:9/" }),
    async ({ client }) => (await client.webhookEndpoints.list()).data.length,
  ],
];

test.each(ONCE)("%s is made once although its answer is lost twice", async (_, path, action, count) => {
  proxy.plan("POST", path, { kind: "reset_after" }, 2);
  await action(organization);
  expect([await count(organization), proxy.pending]).toEqual([1, 0]);
});

const ANEW: [name: string, fault: Fault, kind: typeof AssayError | typeof ApiError, count: number][] = [
  ["an answer that takes too long", { kind: "stalled" }, TimeoutError, 1],
  ["an answer that is lost", { kind: "reset_after" }, ConnectionError, 1],
  ["a proxy's 502", { kind: "status_after", status: 502 }, InternalServerError, 1],
  ["a server that has no place", { kind: "status", status: 503, retry_after: NO_PAUSE }, OverloadedError, 3],
];

test.each(ANEW)("a score is not asked for again where it may be under way: %s", async (_, fault, kind, count) => {
  proxy.plan("POST", /score$/, fault, count);
  const wanted = { file: picture(4), description: "A menu" };
  const options = { timeoutSeconds: kind === TimeoutError ? 1 : 20, maxRetries: 2 };
  await expect(organization.client.score(wanted, options)).rejects.toThrow(kind);
  expect([proxy.pending, proxy.count(/score$/)]).toEqual([0, count]);
});

test.each([
  [60, 300],
  [400, 400],
])("a client with the patience of %d s waits %d s for a score", async (timeoutSeconds, waited) => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const refuse = (): Promise<Response> => Promise.resolve(new Response("", { status: 418 }));
  const client = new Assay({ apiKey: "fh_live_x", timeoutSeconds, fetch: refuse });
  await expect(client.score({ file: picture(4), description: "A menu" })).rejects.toThrow(AssayError);
  expect(timers.mock.calls.map(([, milliseconds]) => milliseconds)).toEqual([waited * 1000]);
  timers.mockRestore();
});

test("a server that is away is asked for a score again", async () => {
  const refused = new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) });
  let count = 0;
  const away = (): Promise<Response> => ((count += 1), Promise.reject(refused));
  const client = new Assay({ apiKey: "fh_live_x", maxRetries: 1, fetch: away });
  await expect(client.score({ file: picture(4), description: "A menu" })).rejects.toThrow(ConnectionError);
  expect(count).toBe(2);
});

test("what was deleted before its answer was lost is deleted", async () => {
  const { client } = organization;
  const { id } = await client.webhookEndpoints.create({ url: "http://127.0.0.1:9/hook" });
  proxy.plan("DELETE", /./, { kind: "reset_after" });
  await client.webhookEndpoints.delete(id);
  expect((await client.webhookEndpoints.list()).data).toEqual([]);
});

test("an iteration over pages goes on after faults, and sees every job once", async () => {
  for (let n = 0; n < 5; n += 1) await organization.client.jobs.create(JOB);
  proxy.plan("GET", /\/v1\/jobs$/, { kind: "truncated" }, 2);
  proxy.plan("GET", /\/v1\/jobs$/, { kind: "status", status: 503, retry_after: NO_PAUSE }, 2);
  const ids = new Set<string>();
  let seen = 0;
  for await (const job of organization.client.jobs.list({ limit: 2 })) {
    ids.add(job.id);
    seen += 1;
  }
  expect([ids.size, seen, proxy.pending]).toEqual([5, 5, 0]);
});

test("the last error is thrown when the retries are used up", async () => {
  const { client } = organization;
  const twice = { maxRetries: 1 };
  const none = { maxRetries: 0 };
  proxy.plan("GET", /./, { kind: "reset_before" }, 2);
  await expect(client.jobs.list({}, twice)).rejects.toThrow(ConnectionError);
  proxy.plan("GET", /./, { kind: "status", status: 503, retry_after: NO_PAUSE }, 2);
  await expect(client.jobs.list({}, twice)).rejects.toThrow(OverloadedError);
  proxy.plan("GET", /./, { kind: "stalled" });
  await expect(client.jobs.list({}, { ...none, timeoutSeconds: 0.3 })).rejects.toThrow(TimeoutError);
  expect(proxy.pending).toBe(0);
});

test("a server that wants a long pause is not waited for, nor is a 500 tried again", async () => {
  const { client } = organization;
  proxy.plan("GET", /./, { kind: "status", status: 429, retry_after: "3600" });
  const limited = await client.jobs.list().catch((error: unknown) => error);
  expect(limited).toBeInstanceOf(RateLimitError);
  expect(limited).toMatchObject({ status: 429, retryAfterSeconds: 3600 });
  proxy.plan("GET", /./, { kind: "status", status: 500 });
  await expect(client.jobs.list()).rejects.toThrow(InternalServerError);
  expect(proxy.count(/^GET/)).toBe(2);
});

test("a key of one's own makes a repeated program harmless, and tells another body", async () => {
  const { client } = organization;
  const once = { idempotencyKey: "menus-2026" };
  const first = await client.jobs.create(JOB, once);
  expect((await client.jobs.create(JOB, once)).id).toBe(first.id);
  await expect(client.jobs.create({ ...JOB, quantity: 4 }, once)).rejects.toThrow(IdempotencyError);
});

test("an upload under a key of one's own goes on where it ended, and is paid once", async () => {
  const { client } = organization;
  const { id: job_id } = await client.jobs.create(JOB);
  const once = { idempotencyKey: "menu-1" };
  const file = new File([picture(5)], "menu.png");
  const announced = await client.submissions.create({ job_id, filename: "menu.png", size_bytes: file.size }, once);
  const decided = await client.submissions.upload({ job_id, file }, once);
  expect([decided.id, decided.status]).toEqual([announced.id, "approved"]);
  expect(await client.submissions.upload({ job_id, file }, once)).toEqual(decided);
  expect(proxy.count(/^PUT /)).toBe(1);
});

test.each([409, 412])("a file that only the store knows of is not sent again: %d", async (status) => {
  const { client } = organization;
  const { id: job_id } = await client.jobs.create(JOB);
  const upload = { job_id, file: picture(5) };
  proxy.plan("PUT", /\/v1\/store\//, { kind: "status_after", status });
  expect((await client.submissions.upload(upload, { idempotencyKey: "menu-1" })).status).toBe("approved");
  proxy.plan("PUT", /\/v1\/store\//, { kind: "status_after", status });
  await expect(client.submissions.upload({ ...upload, file: picture(5, 1) })).rejects.toThrow(ApiError);
});

test("a file that is not there takes no slot", async () => {
  const { id } = await organization.client.jobs.create(JOB);
  await expect(organization.worker.capture(id, "/nowhere/menu.png")).rejects.toThrow();
  expect(proxy.count(/accept$/)).toBe(0);
});

test("the caller's signal ends a call, and a pause", async () => {
  const { client } = organization;
  const reason = new Error("no longer needed");
  const aborted = new AbortController();
  proxy.plan("GET", /./, { kind: "status", status: 503, retry_after: "30" });
  const listing = client.jobs.list({}, { signal: aborted.signal }).catch((error: unknown) => error);
  while (proxy.count(/^GET/) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  aborted.abort(reason);
  expect(await listing).toBe(reason);
  await expect(client.jobs.list({}, { signal: aborted.signal })).rejects.toBe(reason);
});

test("an answer that is not Assay's is told as such", async () => {
  proxy.plan("GET", /./, { kind: "status", status: 200 });
  await expect(organization.client.jobs.list()).rejects.toThrow(AssayError);
});

import { readFile } from "node:fs/promises";
import { expect, inject, test } from "vitest";
import {
  ApiError,
  Assay,
  AssayWorker,
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  InsufficientCreditsError,
  NotFoundError,
  PricingViolationError,
  ValidationError,
} from "../src/index.js";
import { picture } from "./picture.js";
import { JOB, openOrganization } from "./story.js";

const DOCUMENT = new URL("../../../docs/openapi.json", import.meta.url);

/** Operations that no client calls, and lists of one job, which are had by `files.list({ job_id })` and its like. */
const LEFT_OUT = new Set([
  "healthz",
  "readyz",
  "metrics",
  "receive_stripe_event",
  "get_job_files",
  "get_job_submissions",
]);

/** Matches requests with the operations of the document. */
async function operations(): Promise<{ name: string; matches: (request: string) => boolean; ids: number }[]> {
  const { paths } = JSON.parse(await readFile(DOCUMENT, "utf8"));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { operationId: string }>).map(([method, { operationId }]) => {
      const pattern = new RegExp(`^${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      return { name: operationId, matches: (request) => pattern.test(request), ids: path.split("{").length };
    }),
  );
}

test("every operation of the document is a method that works, and no method calls anything else", async () => {
  const seen = new Set<string>();
  const noted: typeof fetch = (input, init) => {
    const { pathname } = new URL(String(input));
    if (!pathname.startsWith("/v1/store/")) seen.add(`${init?.method} ${pathname}`);
    return fetch(input, init);
  };
  await callEverything({ baseUrl: inject("serverUrl"), fetch: noted });
  const known = (await operations()).sort((one, other) => one.ids - other.ids);
  // `/v1/submissions/summary` also looks like a submission: the path with fewer ids is meant.
  const called = [...seen].map((request) => known.find(({ matches }) => matches(request))?.name ?? request);
  expect([...new Set(called)].sort()).toEqual(
    known
      .map(({ name }) => name)
      .filter((name) => !LEFT_OUT.has(name))
      .sort(),
  );
});

async function callEverything(server: { baseUrl: string; fetch: typeof fetch }): Promise<void> {
  const email = `everything-${Date.now()}@example.com`;
  const organization = await Assay.signUp({ name: "Menus Ltd", email }, server);
  const client = new Assay({ apiKey: organization.api_key.key, ...server });
  await useAccount(client);
  const { id, token } = await client.workers.create({ name: "Ada", metadata: { team: "north" } });
  const worker = new AssayWorker({ token, ...server });
  const job = await client.jobs.create({ ...JOB, requirements: { must_show: ["menu"] }, location: null });
  await useWorker(worker, job.id);
  await useFiles(client, job.id);
  expect((await client.jobs.wait(job.id, { files: 2 })).files_approved).toBe(2);
  await useWorkers(client, id);
  await useWebhooks(client);
  await useOps(new Assay({ apiKey: inject("operatorKey"), ...server }));
  expect((await client.jobs.rate(job.id, { rating: 5 })).rating).toBe(5);
  expect((await client.jobs.cancel(job.id)).status).toBe("cancelled");
  expect((await client.jobs.audit(job.id)).data[0]?.action).toBe("job.cancelled");
  expect((await client.jobs.list({ status: "cancelled" })).data.map((one) => one.id)).toEqual([job.id]);
}

async function useAccount(client: Assay): Promise<void> {
  const key = await client.apiKeys.create({ name: "Reader", scopes: ["jobs:read"] });
  expect((await client.apiKeys.list()).data.map(({ name }) => name)).toContain("Reader");
  const rotated = await client.apiKeys.rotate(key.id);
  expect(await client.apiKeys.revoke(rotated.id)).toBeUndefined();
  expect((await client.settings.update({ low_balance_credits: 10 })).low_balance_credits).toBe(10);
  expect((await client.settings.get()).low_balance_credits).toBe(10);
  expect((await client.settings.audit({ limit: 1 })).data[0]?.action).toBe("organization.settings_changed");
  expect((await client.credits.purchase({ amount_credits: 500 })).status).toBe("completed");
  expect((await client.credits.transactions({ type: "purchase" })).data[0]?.amount_credits).toBe(500);
  expect((await client.credits.balance()).object).toBe("credit_balance");
}

async function useWorker(worker: AssayWorker, jobId: string): Promise<void> {
  expect((await worker.me()).name).toBe("Ada");
  expect((await worker.jobs()).data.map(({ id }) => id)).toEqual([jobId]);
  expect((await worker.job(jobId)).slots_open).toBe(JOB.quantity);
  const slot = await worker.accept(jobId);
  expect((await worker.beginPartedUpload(slot.id, 10)).missing).toHaveLength(1);
  expect((await worker.partedUpload(slot.id)).received_bytes).toBe(0);
  await worker.upload(slot, new Blob([picture(2)]));
  await worker.submit(slot.id, { filename: "menu.png", captured_at: "2026-01-01T00:00:00Z" });
  expect((await worker.wait(slot.id)).status).toBe("retry_pending");
  await worker.captureInto(await worker.retry(slot.id), picture(5));
  expect((await worker.submissions({ status: "approved" })).data.map(({ id }) => id)).toEqual([slot.id]);
}

async function useFiles(client: Assay, jobId: string): Promise<void> {
  const brought = await client.submissions.upload({ job_id: jobId, file: new File([picture(3, 1)], "menu.png") });
  expect((await client.submissions.review(brought.id, { decision: "approve", score: 5 })).status).toBe("approved");
  expect((await client.submissions.list({ job_id: jobId })).data).toHaveLength(2);
  expect((await client.submissions.summary({ job_id: jobId })).by_status["approved"]).toBe(2);
  const [file] = (await client.files.list({ job_id: jobId, min_score: 4 })).data;
  expect((await client.files.get(file?.id ?? "")).score).toBe(5);
  expect((await client.files.refreshUrl(file?.id ?? "")).download_url).toMatch(/^http/);
  expect((await client.search({ q: "menu", job_id: jobId })).data).toHaveLength(2);
  const wanted = { file: picture(4), description: "A menu", content_type: "image" } as const;
  expect((await client.score({ ...wanted, file_formats: ["jpeg", "image/png"] })).score).toBe(4);
  await expect(client.score({ ...wanted, file_formats: ["jpeg", "gif"] })).rejects.toThrow("'gif'");
  const dataset = await client.exports.create({ job_id: jobId, format: "jsonl" });
  expect((await client.exports.wait(dataset.id, { timeout_seconds: 30 })).file_count).toBe(2);
  expect((await client.exports.list({ job_id: jobId })).data.map(({ id }) => id)).toEqual([dataset.id]);
}

async function useWorkers(client: Assay, workerId: string): Promise<void> {
  expect((await client.workers.ban(workerId, { reason: "spam" })).status).toBe("banned");
  expect((await client.workers.unban(workerId)).status).toBe("active");
  expect((await client.workers.invite(workerId)).url).toMatch(/\/capture#inv_/);
  expect((await client.workers.rotateToken(workerId)).token).toMatch(/^wk_/);
  expect((await client.workers.get(workerId)).earned_credits).toBe(JOB.reward_per_file);
  expect((await client.workers.list({ status: "active" })).data).toHaveLength(1);
}

async function useWebhooks(client: Assay): Promise<void> {
  const endpoint = await client.webhookEndpoints.create({ url: "http://127.0.0.1:9/", events: ["job.cancelled"] });
  expect((await client.webhookEndpoints.update(endpoint.id, { status: "disabled" })).status).toBe("disabled");
  expect((await client.webhookEndpoints.rotateSecret(endpoint.id)).secret).not.toBe(endpoint.secret);
  expect((await client.webhookEndpoints.get(endpoint.id)).url).toBe("http://127.0.0.1:9/");
  expect((await client.webhookEndpoints.list()).data).toHaveLength(1);
  const [event] = (await client.webhookEvents.list({ type: "submission.approved" })).data;
  await expect(client.webhookEvents.replay(event?.id ?? "")).rejects.toMatchObject({ code: "no_endpoint" });
  await client.webhookEndpoints.update(endpoint.id, { status: "enabled", events: ["submission.approved"] });
  expect((await client.webhookEvents.replay(event?.id ?? "")).id).toBe(event?.id);
  await client.webhookEndpoints.delete(endpoint.id);
}

async function useOps(client: Assay): Promise<void> {
  expect((await client.ops.changeBatch("concepts", { max_items: 5 })).max_items).toBe(5);
  const { models, checks } = await client.ops.overview();
  expect(models.map(({ role, batch }) => [role, batch.max_items])).toEqual([["concepts", 5]]);
  expect(checks).toEqual({ database: "ok", store: "ok", engine: "ok" });
}

test("lists: a page, the next one, or all of them", async () => {
  const { client } = await openOrganization();
  const made = [];
  for (let n = 0; n < 5; n += 1) made.unshift((await client.jobs.create(JOB)).id);
  const first = await client.jobs.list({ limit: 2 });
  expect([first.data.length, first.has_more]).toEqual([2, true]);
  const second = await first.nextPage();
  expect(second?.data.map(({ id }) => id)).toEqual(made.slice(2, 4));
  const all = [];
  for await (const job of client.jobs.list({ limit: 2 })) all.push(job.id);
  expect(all).toEqual(made);
  const rest = [];
  for await (const job of second ?? []) rest.push(job.id);
  expect(rest).toEqual(made.slice(2));
  expect(await (await client.jobs.list({ limit: 5 })).nextPage()).toBeNull();
});

test("errors are of their class, with what the server says", async () => {
  const { client, worker } = await openOrganization();
  const { id } = await client.jobs.create({ ...JOB, quantity: 1 });
  await worker.capture(id, picture(5));
  const stranger = new Assay({ apiKey: "fh_live_wrong", baseUrl: inject("serverUrl") });
  const reader = new Assay({
    apiKey: (await client.apiKeys.create({ name: "Reader", scopes: ["jobs:read"] })).key,
    baseUrl: inject("serverUrl"),
  });
  const cases: [() => Promise<unknown>, typeof ApiError, number, string][] = [
    [() => client.jobs.create({ ...JOB, description: "short" }), ValidationError, 400, "validation_error"],
    [() => client.jobs.create({ ...JOB, reward_per_file: 9 }), PricingViolationError, 400, "pricing_violation"],
    [() => stranger.jobs.get(id), AuthenticationError, 401, "authentication_error"],
    [
      () => client.jobs.create({ ...JOB, quantity: 10_000, reward_per_file: 50_000 }),
      InsufficientCreditsError,
      402,
      "insufficient_credits",
    ],
    [() => reader.jobs.create(JOB), AuthorizationError, 403, "authorization_error"],
    [() => client.jobs.get("job_01JDZ3N8RT0000000000000000"), NotFoundError, 404, "not_found"],
    [() => client.jobs.cancel(id), ConflictError, 409, "conflict"],
  ];
  for (const [call, kind, status, type] of cases) {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ name: kind.name, status, type, requestId: expect.stringMatching(/^req_/) });
  }
  const wrong: unknown = await client.jobs
    .create({ ...JOB, description: "", quantity: 0 })
    .catch((reason: unknown) => reason);
  expect((wrong as ApiError).details.map(({ field }) => field).sort()).toEqual(["description", "quantity"]);
  expect((wrong as ApiError).param).not.toBeNull();
});

test.each(["", "..", "job_1/cancel", "job_1?x=", "job 1", "%2e%2e"])("%j is no id, and nothing is sent", async (id) => {
  const client = new Assay({ apiKey: "fh_live_x", fetch: () => Promise.reject(new Error("sent")) });
  expect(() => client.jobs.get(id)).toThrow(TypeError);
});

test("a client without its key is not made", () => {
  expect(() => new Assay({ apiKey: "" })).toThrow(TypeError);
  expect(() => new AssayWorker({ token: "" })).toThrow(TypeError);
});

test("a path below a proxy is kept", async () => {
  const asked: string[] = [];
  const client = new Assay({
    apiKey: "fh_live_x",
    baseUrl: "https://example.com/assay/",
    maxRetries: 0,
    fetch: (input) => (asked.push(String(input)), Promise.reject(new TypeError("not sent"))),
  });
  await expect(client.jobs.get("job_1")).rejects.toThrow("the connection failed");
  expect(asked).toEqual(["https://example.com/assay/v1/jobs/job_1"]);
});

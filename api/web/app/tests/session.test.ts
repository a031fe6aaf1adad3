import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { request } from "../src/shared/api";
import { session, signIn } from "../src/shared/session";

/** Whose session the browser's cookie names. */
let cookie = { key_id: "key_1", csrf_token: "first" };
let asked: string[];
/** What workers are answered waits for this. */
let held: Promise<unknown> | undefined;

const refusal = (status: number, code: string) =>
  new Response(JSON.stringify({ error: { code, message: "No." } }), { status });

beforeEach(async () => {
  asked = [];
  held = undefined;
  type Init = { method: string; headers: Record<string, string> };
  vi.stubGlobal("fetch", async (url: string, { method, headers }: Init) => {
    asked.push(`${method} ${url}`);
    const isStale = method !== "GET" && url !== "/web/session" && headers["X-CSRF-Token"] !== cookie.csrf_token;
    if (url === "/v1/workers") await held;
    return isStale ? refusal(403, "csrf_token") : new Response(JSON.stringify(cookie));
  });
  cookie = { key_id: "key_1", csrf_token: "first" };
  await signIn("fh_live_1");
  asked = [];
});

afterEach(() => vi.unstubAllGlobals());

test("a request goes on with the token of another tab that signed in with the same key", async () => {
  cookie = { key_id: "key_1", csrf_token: "second" };
  await request("POST", "/v1/jobs", { body: {} });
  expect(asked).toEqual(["POST /v1/jobs", "GET /web/session", "POST /v1/jobs"]);
  await request("POST", "/v1/jobs", { body: {} });
  expect(asked).toHaveLength(4);
});

test("a request is not repeated with another key, whose session is shown", async () => {
  cookie = { key_id: "key_2", csrf_token: "second" };
  const first = request("POST", "/v1/jobs", { body: {} });
  held = first.catch(() => undefined);
  const later = request("POST", "/v1/workers", { body: {} });
  await expect(first).rejects.toMatchObject({ status: 403 });
  expect(session.value?.key_id).toBe("key_2");
  await expect(later).rejects.toMatchObject({ status: 403 });
  expect(asked.filter((one) => one.startsWith("POST"))).toEqual(["POST /v1/jobs", "POST /v1/workers"]);
});

test("a session that refuses its own token is asked for once", async () => {
  vi.stubGlobal("fetch", (url: string, { method }: { method: string }) => {
    asked.push(`${method} ${url}`);
    return Promise.resolve(method === "GET" ? new Response(JSON.stringify(cookie)) : refusal(403, "csrf_token"));
  });
  await expect(request("POST", "/v1/jobs", { body: {} })).rejects.toMatchObject({ status: 403 });
  expect(asked).toEqual(["POST /v1/jobs", "GET /web/session", "POST /v1/jobs"]);
});

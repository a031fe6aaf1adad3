import { afterEach, describe, expect, it, vi } from "vitest";
import { request, sameOrigin, urlOf, useSession } from "../src/shared/api";
import { ApiFailure } from "../src/shared/failure";

const answer = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });

afterEach(() => vi.unstubAllGlobals());

function sent(response: Response): { headers: Record<string, string>; init: RequestInit }[] {
  const calls: { headers: Record<string, string>; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    calls.push({ init, headers: init.headers as Record<string, string> });
    return Promise.resolve(response);
  });
  return calls;
}

describe("requests", () => {
  it("fill in the path and leave out what is absent", () => {
    expect(urlOf("/v1/jobs/{id}", { path: { id: "a/b" }, query: { limit: 5, cursor: undefined, status: "" } })).toBe(
      "/v1/jobs/a%2Fb?limit=5",
    );
  });

  it("carry the CSRF token when they change something, and only then", async () => {
    useSession("token", () => undefined);
    const calls = sent(answer({}));
    await request("POST", "/v1/jobs", { body: {} });
    expect(calls[0]!.headers["X-CSRF-Token"]).toBe("token");
    const reads = sent(answer({}));
    await request("GET", "/v1/jobs");
    expect(reads[0]!.headers["X-CSRF-Token"]).toBeUndefined();
  });

  it("fail with the contract's error, and tell when the session has ended", async () => {
    const ended = vi.fn();
    useSession("token", ended);
    const error = {
      type: "authentication_error",
      code: "x",
      message: "No.",
      param: null,
      request_id: "req_1",
      details: [],
    };
    sent(answer({ error }, 401));
    await expect(request("GET", "/v1/jobs")).rejects.toMatchObject({ message: "No.", status: 401, requestId: "req_1" });
    expect(ended).toHaveBeenCalledOnce();
  });

  it("fail with words when there is no answer, or one of a proxy", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await expect(request("GET", "/v1/jobs")).rejects.toBeInstanceOf(ApiFailure);
    sent(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    await expect(request("GET", "/v1/jobs")).rejects.toMatchObject({ message: "502 Bad Gateway", status: 502 });
  });

  it("fail with words when the answer breaks off, or is the page of somebody else", async () => {
    sent(new Response("<html>Sign in to our Wi-Fi", { status: 200 }));
    await expect(request("GET", "/v1/jobs")).rejects.toMatchObject({
      name: "ApiFailure",
      code: "unreachable",
      status: 0,
    });
    const broken = new ReadableStream({ start: (body) => body.error(new TypeError("network")) });
    sent(new Response(broken, { status: 200 }));
    await expect(request("GET", "/v1/jobs")).rejects.toMatchObject({ name: "ApiFailure", code: "unreachable" });
    const aborted = new ReadableStream({ start: (body) => body.error(new DOMException("over", "AbortError")) });
    sent(new Response(aborted, { status: 200 }));
    await expect(request("GET", "/v1/jobs")).rejects.toMatchObject({ name: "AbortError" });
  });

  it("name the field that is at fault", () => {
    const details = [{ field: "requirements.min_width", message: "too small" }];
    const failure = new ApiFailure("Bad.", 400, "validation_error", null, "quantity", details);
    expect(failure.of("requirements")).toBe("too small");
    expect(failure.of("quantity")).toBe("Bad.");
    expect(failure.of("title")).toBeUndefined();
  });

  it("take signed URLs of the local store as paths", () => {
    vi.stubGlobal("location", { href: "http://localhost:8000/console" });
    expect(sameOrigin("http://127.0.0.1:8000/v1/store/files/a.png?expires=1")).toBe("/v1/store/files/a.png?expires=1");
    expect(sameOrigin("https://s3.test/bucket/files/a.png")).toBe("https://s3.test/bucket/files/a.png");
  });
});

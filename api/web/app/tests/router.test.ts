import { describe, expect, it, vi } from "vitest";

const pushed = vi.fn();
const heard: Record<string, (event: unknown) => void> = {};
vi.stubGlobal("location", { pathname: "/", search: "", origin: "http://localhost" });
vi.stubGlobal("history", { pushState: pushed });
vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("scrollTo", () => undefined);
vi.stubGlobal("document", { addEventListener: (name: string, hear: (event: unknown) => void) => (heard[name] = hear) });
const { match, start } = await import("../src/shared/router");

const PATTERNS = { create: "/console/jobs/new", job: "/console/jobs/:id" };

describe("routes", () => {
  it("are found in their order", () => {
    expect(match("/console/jobs/new", PATTERNS)).toEqual({ name: "create", values: {} });
    expect(match("/console/jobs/job%201", PATTERNS)).toEqual({ name: "job", values: { id: "job 1" } });
    expect(match("/console/jobs/%E0%A4%A", PATTERNS)).toEqual({ name: "job", values: { id: "%E0%A4%A" } });
    expect(match("/console/jobs/1/2", PATTERNS)).toBeNull();
  });
});

describe("links", () => {
  /** Whether the page itself goes where a link leads. */
  function isFollowed(href: string): boolean {
    const { origin, pathname, search, hash } = new URL(href, "http://localhost/console/jobs");
    const attributes = { getAttribute: () => href, hasAttribute: () => false };
    const link = { origin, pathname, search, hash, target: "", ...attributes };
    const preventDefault = vi.fn();
    heard["click"]!({ target: { closest: () => link }, button: 0, preventDefault });
    return preventDefault.mock.calls.length > 0;
  }

  it("below the page's path are followed without loading it anew, others by the browser", () => {
    start("/console");
    expect(isFollowed("/console/jobs/1?status=approved")).toBe(true);
    expect(pushed).toHaveBeenLastCalledWith(null, "", "/console/jobs/1?status=approved");
    expect(["/capture", "https://elsewhere.test/console", "#content"].map(isFollowed)).toEqual([false, false, false]);
  });
});

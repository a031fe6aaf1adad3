import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("location", { pathname: "/", search: "" });
const { match } = await import("../src/shared/router");

const PATTERNS = { create: "/console/jobs/new", job: "/console/jobs/:id" };

describe("routes", () => {
  it("are found in their order", () => {
    expect(match("/console/jobs/new", PATTERNS)).toEqual({ name: "create", values: {} });
    expect(match("/console/jobs/job%201", PATTERNS)).toEqual({ name: "job", values: { id: "job 1" } });
    expect(match("/console/jobs/%E0%A4%A", PATTERNS)).toEqual({ name: "job", values: { id: "%E0%A4%A" } });
    expect(match("/console/jobs/1/2", PATTERNS)).toBeNull();
  });
});

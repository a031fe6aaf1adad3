import { beforeEach, expect, test, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("navigator", { onLine: true });
});

vi.mock("../src/capture/kept", () => ({
  forgetSlot: vi.fn((id: string) => Promise.resolve(slots.delete(id))),
  keepSlot: vi.fn((slot: KeptSlot) => Promise.resolve(slots.set(slot.id, slot))),
  keptSlot: (id: string) => Promise.resolve(slots.get(id)),
  keptSlots: () => Promise.resolve([...slots.values()]),
}));
vi.mock("../src/capture/session", () => ({ worker: { value: { id: "wkr_1" } } }));
vi.mock("../src/capture/uploads", () => ({ files: { value: new Map() } }));
vi.mock("../src/shared/api", () => ({ api: { get: vi.fn() } }));

import type { KeptFile, KeptSlot } from "../src/capture/kept";
import { heldSlots, openPlaces, placeOf } from "../src/capture/places";
import { files } from "../src/capture/uploads";
import { api } from "../src/shared/api";
import { ApiFailure } from "../src/shared/failure";

const slots = new Map<string, KeptSlot>();
const get = vi.mocked(api.get) as unknown as ReturnType<typeof vi.fn>;
const signal = new AbortController().signal;
const JOB = { id: "job_1" };
const [PAST, FUTURE] = [-1, 1].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());

function submission(id: string, lease_expires_at = FUTURE, status = "awaiting_upload") {
  return { id, job_id: "job_1", status, lease_expires_at };
}

function keep(id: string, { until = FUTURE, workerId = "wkr_1" } = {}): void {
  slots.set(id, { id, workerId, submission: submission(id, until), job: JOB } as unknown as KeptSlot);
}

beforeEach(() => {
  slots.clear();
  files.value = new Map();
  get.mockRejectedValue(new ApiFailure("away", 0, "unreachable", null));
});

test("places whose time is over are offered no more, and neither are those of another worker", async () => {
  keep("sub_over", { until: PAST! });
  keep("sub_held");
  keep("sub_anothers", { workerId: "wkr_2" });
  expect((await heldSlots()).map(({ id }) => id)).toEqual(["sub_held"]);
  expect((await openPlaces(signal)).map((place) => place.submission.id)).toEqual(["sub_held"]);
  await expect(placeOf("sub_anothers", signal)).rejects.toBeInstanceOf(ApiFailure);
});

test("a captured file is found without a connection when its time is over", async () => {
  keep("sub_over", { until: PAST! });
  files.value = new Map([["sub_over", {} as KeptFile]]);
  expect((await openPlaces(signal)).map((place) => place.submission.id)).toEqual(["sub_over"]);
});

test("places that the server lists as decided are forgotten", async () => {
  keep("sub_1");
  keep("sub_2");
  keep("sub_old");
  const listed = [submission("sub_1"), submission("sub_2", FUTURE, "expired"), submission("sub_3", FUTURE, "approved")];
  get.mockImplementation((path: string) => Promise.resolve(path.endsWith("submissions") ? { data: listed } : JOB));
  expect((await openPlaces(signal)).map((place) => place.submission.id)).toEqual(["sub_1"]);
  expect([...slots.keys()]).toEqual(["sub_1", "sub_old"]);
  expect(slots.get("sub_1")?.workerId).toBe("wkr_1");
});

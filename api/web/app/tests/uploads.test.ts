import { beforeEach, describe, expect, test, vi } from "vitest";

vi.hoisted(() => {
  // What the modules look at while they are loaded; pages have it.
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("location", { pathname: "/capture", search: "", hash: "", href: "http://localhost/capture" });
});

vi.mock("../src/capture/kept", () => ({
  forgetFile: vi.fn(),
  forgetSlot: vi.fn(),
  forgetUpload: vi.fn(),
  keepUpload: vi.fn((key: string, uploadId: string) => uploads.set(key, uploadId)),
  keptUpload: vi.fn((key: string) => Promise.resolve(uploads.get(key))),
  keepFile: vi.fn(),
  keepSlot: vi.fn(),
  keptFiles: vi.fn(() => Promise.resolve([])),
}));
vi.mock("../src/capture/session", () => ({
  withSession: (act: () => Promise<unknown>) => act(),
  worker: { value: { id: "wkr_1" } },
}));
vi.mock("../src/capture/put", async (original) => ({ ...(await original<object>()), put: vi.fn() }));
vi.mock("../src/shared/api", () => ({ api: { get: vi.fn(), post: vi.fn() }, sameOrigin: (url: string) => url }));

import { forgetFile, forgetSlot, keepFile, keepSlot, keptFiles, type KeptFile } from "../src/capture/kept";
import { ConnectionLost, put, StoreRefused } from "../src/capture/put";
import { worker } from "../src/capture/session";
import { confirmed, discard, files, keep, release, resume, steps, takeNewPlace, unkept } from "../src/capture/uploads";
import { api } from "../src/shared/api";
import { ApiFailure } from "../src/shared/failure";
import { newKey } from "../src/shared/new-key";

/** What is kept of uploads in parts. */
const uploads = new Map<string, string>();
const UPLOAD = { url: "http://localhost/v1/store/x", method: "PUT", headers: {}, expires_at: "", max_bytes: 100 };
const PLACE = { id: "sub_1", status: "awaiting_upload", attempt: 1, upload: UPLOAD, submitted_at: null };
const get = vi.mocked(api.get) as unknown as ReturnType<typeof vi.fn>;
const post = vi.mocked(api.post) as unknown as ReturnType<typeof vi.fn>;
const sent = vi.mocked(put);

function file(changes: Partial<KeptFile> = {}): KeptFile {
  return {
    submissionId: "sub_1",
    attempt: 1,
    workerId: "wkr_1",
    jobId: "job_1",
    content: new Blob(["a photo"]),
    filename: "photo.jpg",
    capturedAt: "2026-11-25T12:00:00Z",
    seconds: null,
    isReleased: false,
    key: "once",
    ...changes,
  };
}

const realTimeout = setTimeout;

/** Digests under way in Node's threads, which no fake clock knows of. */
let digests = 0;
const digest = crypto.subtle.digest.bind(crypto.subtle);
vi.spyOn(crypto.subtle, "digest").mockImplementation((...given) => {
  digests += 1;
  return digest(...given).finally(() => (digests -= 1));
});

/** Let what waits for nothing but promises and digests get on. */
async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet = digests ? 0 : quiet + 1) {
    await new Promise((resolve) => realTimeout(resolve, 5));
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** The same, then the clock. */
async function pass(milliseconds: number): Promise<void> {
  await settle();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.clearAllMocks();
  vi.mocked(keepFile).mockResolvedValue();
  uploads.clear();
  files.value = new Map();
  unkept.value = new Map();
  steps.value = new Map();
  confirmed.value = new Map();
  get.mockResolvedValue(PLACE);
  post.mockResolvedValue({ ...PLACE, status: "pending_score", submitted_at: "2026-11-25T12:00:05Z" });
  sent.mockResolvedValue();
});

test("a released file is uploaded, handed in and let go of", async () => {
  await keep(file());
  expect(sent).not.toHaveBeenCalled();
  await release("sub_1");
  await pass(0);
  expect(sent.mock.calls[0]?.[0]).toBe(UPLOAD);
  expect(post).toHaveBeenCalledExactlyOnceWith("/v1/worker/submissions/{submission_id}/submit", {
    path: { submission_id: "sub_1" },
    headers: { "Idempotency-Key": "once" },
    body: {
      filename: "photo.jpg",
      captured_at: "2026-11-25T12:00:00Z",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
  expect(confirmed.value.get("sub_1")?.status).toBe("pending_score");
  expect([files.value.size, vi.mocked(forgetFile).mock.calls]).toEqual([0, [["sub_1"]]]);
});

test("a lost connection keeps the file, and it is sent again with longer and longer pauses", async () => {
  sent.mockRejectedValueOnce(new ConnectionLost()).mockRejectedValueOnce(new ConnectionLost());
  await keep(file());
  await release("sub_1");
  await pass(0);
  expect([sent.mock.calls.length, steps.value.get("sub_1"), files.value.size]).toEqual([
    1,
    { name: "waiting", arrivedBytes: 0 },
    1,
  ]);
  await pass(2_000);
  expect(sent).toHaveBeenCalledTimes(2);
  await pass(2_000);
  expect(sent).toHaveBeenCalledTimes(2);
  await pass(2_000);
  expect(sent).toHaveBeenCalledTimes(3);
  expect(files.value.size).toBe(0);
});

describe("a large file", () => {
  const PART = 5 * 1024 ** 2;
  const LARGE = { content: new Blob([new Uint8Array(2 * PART + 1)]) };
  const SIZES = [PART, PART, 1];
  let there: Set<number>;
  let uploadId: string;

  /** What the server says of the upload that is under way. */
  const state = () => ({
    upload_id: uploadId,
    part_bytes: PART,
    received_bytes: [...there].reduce((sum, number) => sum + SIZES[number - 1]!, 0),
    missing: [1, 2, 3]
      .filter((number) => !there.has(number))
      .map((number) => ({ ...UPLOAD, number, size_bytes: SIZES[number - 1], url: `part ${number}` })),
  });

  beforeEach(() => {
    there = new Set();
    uploadId = "none";
    let begun = 0;
    get.mockImplementation((path: string, { query }: { query?: { upload_id: string } }) => {
      if (!path.endsWith("/parted_upload")) return Promise.resolve(PLACE);
      if (query?.upload_id !== uploadId) return Promise.reject(new ApiFailure("gone", 404, "not_found", null));
      return Promise.resolve(state());
    });
    post.mockImplementation((path: string) => {
      if (!path.endsWith("/parted_upload")) return Promise.resolve({ ...PLACE, status: "pending_score" });
      there.clear();
      uploadId = `upload ${(begun += 1)}`;
      return Promise.resolve(state());
    });
    sent.mockImplementation(({ url }) => {
      there.add(Number(url.split(" ")[1]));
      return Promise.resolve();
    });
  });
  const urls = () => sent.mock.calls.map(([{ url }]) => url);

  test("goes in parts, each with its bytes", async () => {
    await keep(file(LARGE));
    await release("sub_1");
    await pass(0);
    expect(urls()).toEqual(["part 1", "part 2", "part 3"]);
    expect(sent.mock.calls.map(([, content]) => content.size)).toEqual(SIZES);
    expect([files.value.size, confirmed.value.get("sub_1")?.status]).toEqual([0, "pending_score"]);
  });

  test("goes on after a break with what is missing", async () => {
    await keep(file(LARGE));
    sent.mockImplementationOnce(sent.getMockImplementation()!).mockRejectedValueOnce(new ConnectionLost());
    await release("sub_1");
    await pass(0);
    expect([urls(), uploads.get("once")]).toEqual([["part 1", "part 2"], "upload 1"]);
    expect(steps.value.get("sub_1")).toEqual({ name: "waiting", arrivedBytes: PART });
    await pass(2_000);
    expect(urls()).toEqual(["part 1", "part 2", "part 2", "part 3"]);
    expect(files.value.size).toBe(0);
  });

  test("begins anew when its upload is over", async () => {
    uploads.set("once", "upload of last week");
    await keep(file(LARGE));
    await release("sub_1");
    await pass(0);
    expect([urls(), uploads.get("once")]).toEqual([["part 1", "part 2", "part 3"], "upload 1"]);
  });

  test("that has arrived already is handed in", async () => {
    post.mockRejectedValueOnce(new ApiFailure("there", 409, "uploaded_already", null));
    await keep(file(LARGE));
    await release("sub_1");
    await pass(0);
    expect([urls(), files.value.size]).toEqual([[], 0]);
  });

  test("of which the server gets nothing is tried again later", async () => {
    sent.mockResolvedValueOnce().mockResolvedValueOnce().mockResolvedValueOnce();
    await keep(file(LARGE));
    await release("sub_1");
    await pass(0);
    expect(steps.value.get("sub_1")?.name).toBe("waiting");
    await pass(2_000);
    expect([urls().length, files.value.size]).toEqual([6, 0]);
  });
});

test("a handing-in whose answer got lost is found to have arrived", async () => {
  post.mockRejectedValueOnce(new ApiFailure("gone", 0, "unreachable", null));
  await keep(file());
  await release("sub_1");
  await pass(0);
  get.mockResolvedValue({ ...PLACE, status: "approved", submitted_at: "2026-11-25T12:00:05Z" });
  await pass(2_000);
  expect([sent.mock.calls.length, files.value.size]).toEqual([1, 0]);
  expect(confirmed.value.get("sub_1")?.status).toBe("approved");
});

test("a URL that is too old is asked for anew", async () => {
  sent.mockRejectedValueOnce(new StoreRefused(403));
  await keep(file());
  await release("sub_1");
  await pass(0);
  await pass(2_000);
  expect([get.mock.calls.length, files.value.size]).toEqual([2, 0]);
});

test.each([
  [new StoreRefused(413), "the store answered 413"],
  [new ApiFailure("you are banned", 403, "worker_banned", null), "you are banned"],
])("what is refused for good is said and not tried again", async (error, message) => {
  sent.mockRejectedValueOnce(error);
  await keep(file());
  await release("sub_1");
  await pass(0);
  await pass(60_000);
  expect(sent).toHaveBeenCalledTimes(1);
  expect([steps.value.get("sub_1"), files.value.size]).toEqual([{ name: "refused", message }, 1]);
});

test("a file whose place ran out is kept for a new place", async () => {
  get.mockResolvedValue({ ...PLACE, status: "expired" });
  await keep(file());
  await release("sub_1");
  await pass(0);
  expect(steps.value.get("sub_1")).toEqual({ name: "lost", status: "expired" });
  expect(sent).not.toHaveBeenCalled();

  const place = { ...PLACE, id: "sub_2" };
  get.mockResolvedValue(place);
  post.mockResolvedValueOnce(place).mockResolvedValueOnce({ ...place, status: "pending_score" });
  expect(await takeNewPlace("sub_1")).toBe("sub_2");
  await pass(0);
  expect([sent.mock.calls.length, files.value.size]).toEqual([1, 0]);
  expect(confirmed.value.has("sub_2")).toBe(true);
  expect(vi.mocked(keepSlot).mock.calls[0]?.[0]).toMatchObject({ id: "sub_2", workerId: "wkr_1" });
  expect(vi.mocked(forgetSlot)).toHaveBeenCalledWith("sub_1");
});

describe("a file that the device cannot keep", () => {
  const noRoom = new DOMException("there is no room", "QuotaExceededError");

  test("is held by the page and sent from there", async () => {
    vi.mocked(keepFile).mockRejectedValue(noRoom);
    await keep(file());
    expect([files.value.has("sub_1"), unkept.value.has("sub_1")]).toEqual([true, true]);
    await release("sub_1");
    await pass(0);
    expect(confirmed.value.get("sub_1")?.status).toBe("pending_score");
    expect([files.value.size, unkept.value.size]).toEqual([0, 0]);
  });

  test("is no such file any more once there is room", async () => {
    vi.mocked(keepFile).mockRejectedValueOnce(noRoom);
    await keep(file());
    await keep(file());
    expect([files.value.size, unkept.value.size]).toEqual([1, 0]);
  });

  test("is let go of by a retake, also while the device still tries", async () => {
    vi.mocked(keepFile).mockImplementationOnce(async () => {
      await discard("sub_1");
      throw noRoom;
    });
    await keep(file());
    expect([files.value.size, unkept.value.size]).toEqual([0, 0]);
  });

  test("is still there after a new sign-in", async () => {
    vi.mocked(keepFile).mockRejectedValueOnce(noRoom);
    await keep(file());
    await resume();
    expect([...files.value.keys()]).toEqual(["sub_1"]);
  });
});

test("what the device does not tell is as it was", async () => {
  await keep(file());
  vi.mocked(keptFiles).mockRejectedValueOnce(new DOMException("lost", "UnknownError"));
  await resume();
  expect([...files.value.keys()]).toEqual(["sub_1"]);
});

test("what waits is sent after signing in again", async () => {
  const waiting = file({ isReleased: true });
  get.mockImplementation(() => {
    worker.value = null;
    return Promise.reject(new ApiFailure("nobody", 401, "no_session", null));
  });
  await keep(waiting);
  await release("sub_1");
  await pass(60_000);
  expect(sent).not.toHaveBeenCalled();
  worker.value = { id: "wkr_1" } as typeof worker.value;
  get.mockResolvedValue(PLACE);
  vi.mocked(keptFiles).mockResolvedValueOnce([waiting]);
  await resume();
  await pass(0);
  expect([sent.mock.calls.length, files.value.size]).toEqual([1, 0]);
});

test("an error that nobody thought of is shown, and the others are sent", async () => {
  get.mockImplementation((_: string, { path }: { path: { submission_id: string } }) => {
    if (path.submission_id === "sub_1") throw new TypeError("it is undefined");
    return Promise.resolve({ ...PLACE, id: path.submission_id });
  });
  await keep(file());
  await keep(file({ submissionId: "sub_2" }));
  await release("sub_1");
  await release("sub_2");
  await pass(0);
  expect(steps.value.get("sub_1")).toEqual({ name: "refused", message: "it is undefined" });
  expect([...files.value.keys()]).toEqual(["sub_1"]);
});

test("a file whose digest cannot be computed is sent without", async () => {
  vi.mocked(crypto.subtle.digest).mockRejectedValueOnce(new RangeError("out of memory"));
  await keep(file());
  await release("sub_1");
  await pass(0);
  expect(post.mock.calls[0]?.[1].body).toEqual({ filename: "photo.jpg", captured_at: "2026-11-25T12:00:00Z" });
  expect(files.value.size).toBe(0);
});

test("a file that does not get on holds none back", async () => {
  sent.mockRejectedValueOnce(new ConnectionLost());
  await keep(file());
  await keep(file({ submissionId: "sub_2" }));
  get.mockImplementation((_: string, { path }: { path: { submission_id: string } }) =>
    Promise.resolve({ ...PLACE, id: path.submission_id }),
  );
  post.mockImplementation((_: string, { path }: { path: { submission_id: string } }) =>
    Promise.resolve({ ...PLACE, id: path.submission_id, status: "pending_score" }),
  );
  await release("sub_1");
  await release("sub_2");
  await pass(0);
  await pass(2_000);
  expect([...confirmed.value.keys()]).toEqual(["sub_2", "sub_1"]);
});

test("keys are never the same", () => {
  expect(new Set(Array.from({ length: 100 }, newKey)).size).toBe(100);
});

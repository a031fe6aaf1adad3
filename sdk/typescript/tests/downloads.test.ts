import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { Assay, ChecksumError, DownloadError, type DownloadResult } from "../src/index.js";
import { FaultProxy, type Fault } from "./proxy.js";
import { delivered, openOrganization, type Organization } from "./story.js";

const STORE = /\/v1\/store\//;
const MAX_FETCHES = 3;

let proxy: FaultProxy;
let organization: Organization;
let folder: string;

beforeEach(async () => {
  proxy = await FaultProxy.start(inject("serverUrl"));
  organization = await openOrganization(proxy);
  folder = await mkdtemp(join(tmpdir(), "assay-downloads-"));
});
afterEach(async () => {
  proxy.close();
  await rm(folder, { recursive: true });
});

function downloadAll(jobId: string, concurrency = 2): Promise<DownloadResult> {
  return organization.client.files.downloadAll({ job_id: jobId, output_dir: folder, concurrency });
}

async function expectWhole({ files }: DownloadResult): Promise<void> {
  for (const { path, file } of files) {
    expect(
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    ).toBe(file.sha256);
  }
  expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
}

const FAULTS: Fault[] = [
  { kind: "reset_before" },
  { kind: "reset_after" },
  { kind: "truncated" },
  { kind: "garbled" },
  { kind: "status", status: 429, retry_after: "0" },
  { kind: "status", status: 503, retry_after: "0" },
];

test.each(FAULTS)("files are whole in spite of $kind $status", async (fault) => {
  const job = await delivered(organization, 3);
  proxy.plan("GET", STORE, fault, 3);
  const result = await downloadAll(job.id);
  expect(result.files.map(({ was_there }) => was_there)).toEqual([false, false, false]);
  expect(proxy.pending).toBe(0);
  await expectWhole(result);
});

test("a body that stalls is given up, and the rest of it asked for", async () => {
  const job = await delivered(organization, 1);
  proxy.plan("GET", STORE, { kind: "stalled" });
  const download = { job_id: job.id, output_dir: folder };
  await expectWhole(await organization.client.files.downloadAll(download, { timeoutSeconds: 1 }));
  expect(proxy.count(/^GET \/v1\/store/)).toBe(2);
});

test("a second call fetches nothing that is there, and what was damaged anew", async () => {
  const job = await delivered(organization, 3);
  const { files } = await downloadAll(job.id);
  const damaged = files[1]?.path ?? "";
  const content = await readFile(damaged);
  await writeFile(damaged, content.reverse());
  const fetched = proxy.count(/^GET \/v1\/store/);
  const again = await downloadAll(job.id);
  expect(again.files.map(({ was_there }) => was_there)).toEqual([true, false, true]);
  expect(proxy.count(/^GET \/v1\/store/)).toBe(fetched + 1);
  await expectWhole(again);
});

test("a download that broke off goes on from where it stopped", async () => {
  const job = await delivered(organization, 1);
  proxy.plan("GET", STORE, { kind: "truncated" });
  const once = { maxRetries: 0 };
  const download = { job_id: job.id, output_dir: folder };
  await expect(organization.client.files.downloadAll(download, once)).rejects.toThrow(DownloadError);
  const [part, ...others] = (await readdir(folder)).filter((name) => name !== "annotations.jsonl");
  expect([part?.endsWith(".png.part"), others]).toEqual([true, []]);
  const had = (await readFile(join(folder, part ?? ""))).length;
  expect(had).toBeGreaterThan(0);
  await expectWhole(await downloadAll(job.id));
  expect(proxy.ranges).toEqual([`bytes=${had}-`]);
});

test("a URL that has expired is refreshed", async () => {
  const job = await delivered(organization, 2);
  proxy.plan("GET", STORE, { kind: "expired" });
  await expectWhole(await downloadAll(job.id));
  expect(proxy.count(/^POST \/v1\/files\/file_\w+\/refresh_url$/)).toBe(1);
});

test("so is one that the store of Amazon refuses: 400", async () => {
  const job = await delivered(organization, 1);
  proxy.plan("GET", STORE, { kind: "status", status: 400 });
  await expectWhole(await downloadAll(job.id));
  expect(proxy.count(/^POST \/v1\/files\/file_\w+\/refresh_url$/)).toBe(1);
});

test("one whose time is over is refreshed before it is asked for", async () => {
  const job = await delivered(organization, 1);
  const late: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (!/\/v1\/files\?/.test(String(input))) return response;
    const text = (await response.text()).replace(/("download_url_expires_at":)"[^"]+"/, '$1"2026-01-01T00:00:00Z"');
    return new Response(text, response);
  };
  const client = new Assay({ apiKey: organization.apiKey, baseUrl: proxy.url, fetch: late });
  await expectWhole(await client.files.downloadAll({ job_id: job.id, output_dir: folder }));
  const seen = proxy.seen.slice(-2).map((line) => line.split("/").slice(0, 3).join("/"));
  expect(seen).toEqual(["POST /v1/files", "GET /v1/store"]);
});

test("a callback that throws ends the download, once nothing is written any more", async () => {
  const job = await delivered(organization, 3);
  const [slow] = (await organization.client.files.list({ job_id: job.id })).data;
  proxy.plan("GET", new RegExp(new URL(slow?.download_url ?? "").pathname), { kind: "stalled" });
  const reason = new Error("the caller's own");
  const fail = (): never => {
    throw reason;
  };
  const download = { job_id: job.id, output_dir: folder, concurrency: 2, on_file: fail };
  await expect(organization.client.files.downloadAll(download, { timeoutSeconds: 1 })).rejects.toBe(reason);
  const names = await readdir(folder);
  expect(names.filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(names).toContain(`${slow?.id}.png`);
  expect(names).toHaveLength(2); // the third was not begun
});

test("content that is never what was promised leaves nothing under a final name; the other file is there", async () => {
  const job = await delivered(organization, 2);
  const [wrong, right] = (await organization.client.files.list({ job_id: job.id })).data;
  proxy.plan("GET", new RegExp(new URL(wrong?.download_url ?? "").pathname), { kind: "garbled" }, MAX_FETCHES);
  const error: unknown = await downloadAll(job.id).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DownloadError);
  const failures = (error as DownloadError).failures;
  expect(failures.map(({ file, error: reason }) => [file.id, reason instanceof ChecksumError])).toEqual([
    [wrong?.id, true],
  ]);
  expect((await readdir(folder)).sort()).toEqual(["annotations.jsonl", `${right?.id}.png`]);
  expect(await readFile(join(folder, "annotations.jsonl"), "utf8")).toContain(`"file_name":"${right?.id}.png"`);
});

test("every file is told of, and annotations stand in the order of the list", async () => {
  const job = await delivered(organization, 5);
  const told: string[] = [];
  const download = { job_id: job.id, output_dir: join(folder, "deeper"), concurrency: 3 };
  const { files, annotations_path } = await organization.client.files.downloadAll({
    ...download,
    on_file: ({ file }) => told.push(file.id),
  });
  const ids = files.map(({ file }) => file.id);
  expect(told.sort()).toEqual([...ids].sort());
  const records = (await readFile(annotations_path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(records.map(({ id }) => id)).toEqual(ids);
  expect(Object.keys(records[0]).sort()).toEqual(
    "annotations content_type created_at duration_seconds file_name filename format height id job_id mime_type score score_breakdown sha256 size_bytes submission_id width".split(
      " ",
    ),
  );
});

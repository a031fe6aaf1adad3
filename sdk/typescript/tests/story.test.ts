import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WaitTimeoutError } from "../src/index.js";
import { picture } from "./picture.js";
import { JOB, openOrganization, type Organization } from "./story.js";

let organization: Organization;
let folder: string;

beforeEach(async () => {
  organization = await openOrganization();
  folder = await mkdtemp(join(tmpdir(), "assay-story-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("the article's program: a job, its files, their annotations", async () => {
  const { client, worker } = organization;
  const job = await client.jobs.create(JOB);
  const captured = [0, 1, 2].map((seed) => worker.capture(job.id, picture(5, seed), { filename: "menu.png" }));
  expect((await Promise.all(captured)).map(({ status, score }) => [status, score])).toEqual(
    Array(3).fill(["approved", 5]),
  );

  const done = await client.jobs.wait(job.id, { files: 3, timeout_seconds: 30 });
  expect([done.status, done.files_approved, done.spent_credits]).toEqual(["completed", 3, 150]);

  const files = await client.files.list({ job_id: job.id, status: "approved" });
  expect(files.data).toHaveLength(3);
  expect(files.data[0]?.annotations).toEqual({ ocr_text: "MENU" });

  const { files: saved, annotations_path } = await client.files.downloadAll({ job_id: job.id, output_dir: folder });
  expect(saved.map(({ file }) => file.id)).toEqual(files.data.map(({ id }) => id));
  const lines = (await readFile(annotations_path, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ file_name }) => file_name).sort()).toEqual(saved.map(({ file }) => `${file.id}.png`).sort());
  expect((await readdir(folder)).sort()).toEqual(
    [...lines.map(({ file_name }) => file_name), "annotations.jsonl"].sort(),
  );
});

test("waiting for some of the files ends before the job does", async () => {
  const { client, worker } = organization;
  const job = await client.jobs.create(JOB);
  const waiting = client.jobs.wait(job.id, { files: 1, timeout_seconds: 30 });
  await worker.capture(job.id, picture(4));
  const seen = await waiting;
  expect([seen.status, seen.files_approved]).toEqual(["active", 1]);
});

test("a wait that is in vain says so", async () => {
  const job = await organization.client.jobs.create(JOB);
  const wait = organization.client.jobs.wait(job.id, { timeout_seconds: 1 });
  await expect(wait).rejects.toThrow(WaitTimeoutError);
});

test("two stars can be tried again", async () => {
  const { client, worker } = organization;
  const job = await client.jobs.create(JOB);
  const first = await worker.capture(job.id, picture(2));
  expect([first.status, first.can_retry]).toEqual(["retry_pending", true]);
  const second = await worker.captureInto(await worker.retry(first.id), picture(4, 1));
  expect([second.id, second.status, second.earned_credits]).toEqual([first.id, "approved", 50]);
  expect((await worker.me()).earned_credits).toBe(50);
});

test("an organization brings its own file, by its path", async () => {
  const { client } = organization;
  const job = await client.jobs.create(JOB);
  const path = join(folder, "menu.png");
  await import("node:fs/promises").then(({ writeFile }) => writeFile(path, picture(5)));
  const submission = await client.submissions.upload({ job_id: job.id, file: path, worker_ref: "camera 7" });
  expect(submission).toMatchObject({
    status: "approved",
    filename: "menu.png",
    worker_ref: "camera 7",
    worker_id: null,
  });
});

test("a file is scored at once", async () => {
  const file = new File([picture(4)], "menu.png");
  const score = await organization.client.score({ file, description: "A menu", requirements: { min_width: 10 } });
  expect([score.score, score.object]).toEqual([4, "score"]);
});

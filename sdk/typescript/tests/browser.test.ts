import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type * as package_ from "../src/index.js";
import { picture } from "./picture.js";
import { JOB, openOrganization } from "./story.js";

declare global {
  /** What the page's own script has imported. */
  var sdk: typeof package_;
}

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
if (!existsSync(CHROMIUM)) {
  console.warn(`SKIPPED: the tests in a browser need ${CHROMIUM} (apt-get install chromium), or its path in CHROMIUM`);
}

describe.skipIf(!existsSync(CHROMIUM))("in Chromium", () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    // Root, as containers have it, cannot use the sandbox.
    browser = await chromium.launch({ executablePath: CHROMIUM, chromiumSandbox: process.getuid?.() !== 0 });
    page = await browser.newPage();
    await page.goto(inject("pageUrl"));
    await page.waitForFunction(() => "sdk" in globalThis);
  });
  afterAll(() => browser.close());

  test("a worker's page takes a job, uploads a photo and hears its score", async () => {
    const { client, workerToken } = await openOrganization();
    const job = await client.jobs.create(JOB);
    const result = await page.evaluate(capture, {
      baseUrl: inject("serverUrl"),
      token: workerToken,
      photo: picture(4).toString("base64"),
    });
    expect(result).toEqual({ job_id: job.id, status: "approved", score: 4, filename: "menu.png", earned: 50 });
    const { data } = await client.files.list({ job_id: job.id });
    expect(data.map(({ width, score }) => [width, score])).toEqual([[96, 4]]);
  });

  test("errors reach the page with what the server says", async () => {
    const told = await page.evaluate(refusal, { baseUrl: inject("serverUrl"), token: "wk_wrong" });
    expect(told).toEqual({ name: "AuthenticationError", status: 401, hasRequestId: true });
  });

  test("a webhook is verified", async () => {
    expect(await page.evaluate(forgery)).toBe("WebhookVerificationError");
  });

  test("what needs a file system says so", async () => {
    expect(await page.evaluate(download)).toBe("downloadAll needs the file system of Node");
  });
});

interface Server {
  baseUrl: string;
  token: string;
}

/** Runs in the page. */
async function capture({ baseUrl, token, photo }: Server & { photo: string }): Promise<object> {
  const { AssayWorker } = globalThis.sdk;
  const worker = new AssayWorker({ baseUrl, token });
  const [job] = (await worker.jobs()).data;
  const bytes = Uint8Array.from(atob(photo), (character) => character.charCodeAt(0));
  const file = new File([bytes], "menu.png", { type: "image/png" });
  const { job_id, status, score, filename } = await worker.capture(job?.id ?? "", file);
  return { job_id, status, score, filename, earned: (await worker.me()).earned_credits };
}

/** Runs in the page. */
async function refusal({ baseUrl, token }: Server): Promise<object> {
  const { ApiError, AssayWorker } = globalThis.sdk;
  const error: unknown = await new AssayWorker({ baseUrl, token }).me().catch((reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw error;
  return { name: error.name, status: error.status, hasRequestId: error.requestId?.startsWith("req_") };
}

/** Runs in the page. */
async function forgery(): Promise<string> {
  const { verifyWebhook } = globalThis.sdk;
  const signature = `t=${Math.floor(Date.now() / 1000)},v1=${"0".repeat(64)}`;
  const request = { payload: "{}", headers: { "X-FirstHandAPI-Signature": signature }, secret: "whsec_AAAA" };
  return verifyWebhook(request).then(
    () => "verified",
    (error: Error) => error.name,
  );
}

/** Runs in the page. */
async function download(): Promise<string> {
  const { Assay } = globalThis.sdk;
  const { files } = new Assay({ apiKey: "fh_live_x" });
  return files.downloadAll({ job_id: "job_1", output_dir: "out" }).then(
    () => "saved",
    (error: Error) => error.message,
  );
}

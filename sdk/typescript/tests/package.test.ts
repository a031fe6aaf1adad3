import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { openOrganization } from "./story.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const COMPILER = createRequire(import.meta.url).resolve("typescript/bin/tsc");

let project: string;

/** The tarball in an empty project. `npm test` has built what goes into it. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "assay-project-"));
  run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", project], PACKAGE);
  const [tarball = ""] = await readdir(project);
  await writeFile(join(project, "package.json"), '{ "private": true }');
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(project, tarball)], project);
});
afterAll(() => rm(project, { recursive: true }));

function run(command: string, flags: string[], cwd: string, env: Record<string, string> = {}): string {
  return execFileSync(command, flags, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

const PROGRAM = `
const client = new Assay({ apiKey: process.env.ASSAY_API_KEY, baseUrl: process.env.ASSAY_BASE_URL });
client.jobs.list()
  .then(({ data }) => client.files.downloadAll({ job_id: data[0]?.id ?? "job_0", output_dir: "out" }))
  .then(({ files }) => console.log(files.length), (error) => console.log(error instanceof NotFoundError));
`;

test.each([
  ["import", "program.mjs", 'import { Assay, NotFoundError } from "@assay/sdk";'],
  ["require", "program.cjs", 'const { Assay, NotFoundError } = require("@assay/sdk");'],
])("a program that says %s runs against the server", async (_, name, first) => {
  const { apiKey } = await openOrganization();
  await writeFile(join(project, name), first + PROGRAM);
  const env = { ASSAY_API_KEY: apiKey, ASSAY_BASE_URL: inject("serverUrl") };
  expect(run(process.execPath, [name], project, env)).toBe("true\n");
});

const TYPED = `
import { Assay, verifyWebhook, type Job } from "@assay/sdk";

export async function total(apiKey: string): Promise<number> {
  let credits = 0;
  const client = new Assay({ apiKey });
  for await (const job of client.jobs.list({ status: "active" })) credits += (job satisfies Job).held_credits;
  // @ts-expect-error: there is no such status
  client.jobs.list({ status: "open" });
  // @ts-expect-error: the reward is missing
  client.jobs.create({ description: "Photos of menus", quantity: 1 });
  return credits + (await verifyWebhook({ payload: "", headers: {}, secret: "whsec_" })).id.length;
}
`;

test.each([
  ["modules of Node", "typed.mts", ["--module", "NodeNext"]],
  ["CommonJS of Node", "typed.cts", ["--module", "NodeNext"]],
  ["a bundler", "typed.ts", ["--module", "ESNext", "--moduleResolution", "Bundler"]],
])("types are found by programs for %s, strictly and without Node's types", async (_, name, flags) => {
  await writeFile(join(project, name), TYPED);
  const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "ES2022", "--lib", "ES2022,DOM"];
  expect(run(process.execPath, [COMPILER, ...strict, ...flags, name], project)).toBe("");
});

test("the tarball holds the package and nothing else", async () => {
  const files = await readdir(join(project, "node_modules/@assay/sdk"), { recursive: true });
  expect(files.filter((name) => !name.startsWith("dist")).sort()).toEqual(["LICENSE", "README.md", "package.json"]);
  expect(await readdir(join(project, "node_modules"))).toEqual([".bin", ".package-lock.json", "@assay"]);
});

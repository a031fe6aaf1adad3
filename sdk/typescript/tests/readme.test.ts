import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { picture } from "./picture.js";
import { openOrganization, type Organization } from "./story.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const COMPILER = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const FILES = 10;

let project: string;

/** The blocks of the README as the programs of a project. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "assay-readme-"));
  await mkdir(join(project, "node_modules/@assay"), { recursive: true });
  await symlink(PACKAGE, join(project, "node_modules/@assay/sdk"));
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code = ""]) => code);
  expect(blocks).toHaveLength(5);
  await Promise.all(blocks.map((code, n) => writeFile(join(project, `block-${n}.mts`), code)));
});
afterAll(() => rm(project, { recursive: true }));

test("the README's programs are typed, and the first one collects a dataset", async () => {
  const programs = (await readdir(project)).filter((name) => name.endsWith(".mts"));
  const flags = ["--strict", "--module", "NodeNext", "--target", "ES2022", "--types", "node", "--typeRoots"];
  execFileSync(process.execPath, [COMPILER, ...flags, join(PACKAGE, "node_modules/@types"), ...programs], {
    cwd: project,
    stdio: "inherit",
  });
  const organization = await openOrganization();
  const env = { ...process.env, ASSAY_API_KEY: organization.apiKey, ASSAY_BASE_URL: inject("serverUrl") };
  const running = promisify(execFile)(process.execPath, ["block-0.mjs"], { cwd: project, env });
  await captureAll(organization);
  const { stdout } = await running;
  expect(stdout.trimEnd().split("\n")).toEqual(Array(FILES).fill(expect.stringMatching(/^file_\w+ 5 MENU$/)));
  expect((await readdir(join(project, "menus"))).filter((name) => name.endsWith(".png"))).toHaveLength(FILES);
});

/** What people do once the program has posted its job. */
async function captureAll({ worker }: Organization): Promise<void> {
  let [job] = (await worker.jobs()).data;
  while (job === undefined) [job] = (await worker.jobs()).data;
  for (let seed = 0; seed < FILES; seed += 1) await worker.capture(job.id, picture(5, seed));
}

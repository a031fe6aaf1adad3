import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createSocket, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const START_SECONDS = 60;

declare module "vitest" {
  export interface ProvidedContext {
    /** Base URL of the server process. */
    serverUrl: string;
    /** API key of the server's first organization, with every scope. */
    operatorKey: string;
    /** Origin of pages that the server lets in; `dist/` is below it. */
    pageUrl: string;
  }
}

/** One server process with a scripted engine, and one web server for pages, for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pages = await startPages();
  const state = await mkdtemp(join(tmpdir(), "assay-sdk-"));
  const port = await freePort();
  const python = process.env["SERVER_PYTHON"] ?? join(REPOSITORY, ".venv/bin/python");
  const flags = ["--database", "sqlite", "--state", state, "--port", String(port)];
  const env = {
    ...process.env,
    ASSAY_API__CORS_ORIGINS: `['${urlOf(pages)}']`,
    ASSAY_DISPATCHER__SWEEP_SECONDS: "0.2",
  };
  const server = spawn(python, ["-m", "tests.api.server", ...flags], {
    cwd: REPOSITORY,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const url = `http://127.0.0.1:${port}`;
  const shown = firstLine(server);
  await untilHealthy(server, url);
  project.provide("operatorKey", JSON.parse(await shown).api_key);
  project.provide("serverUrl", url);
  project.provide("pageUrl", urlOf(pages));
  return async () => {
    pages.close();
    server.kill("SIGTERM");
    if (server.exitCode === null) await once(server, "exit");
    await rm(state, { recursive: true, force: true });
  };
}

/** What the first start shows. */
async function firstLine(server: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of server.stdout ?? []) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}

async function untilHealthy(server: ChildProcess, url: string): Promise<void> {
  let errors = "";
  server.stderr?.on("data", (chunk) => (errors = (errors + chunk).slice(-4000)));
  for (
    const ends = Date.now() + START_SECONDS * 1000;
    Date.now() < ends && server.exitCode === null;
    await pause(100)
  ) {
    const answer = await fetch(`${url}/healthz`).catch(() => null); // it does not listen yet
    if (answer?.ok) return;
  }
  server.kill("SIGKILL");
  throw new Error(`the server did not start:\n${errors}`);
}

const PAGE =
  '<!doctype html><script type="module">import * as sdk from "/dist/esm/index.js"; globalThis.sdk = sdk;</script>';

/** The built package, and a page that imports it. */
async function startPages(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    if (!path.startsWith("/dist/")) return response.setHeader("Content-Type", "text/html").end(PAGE);
    const script = await readFile(join(PACKAGE, path), "utf8");
    return response.setHeader("Content-Type", "text/javascript").end(script);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function freePort(): Promise<number> {
  const probe = createSocket().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

#!/usr/bin/env node
/**
 * `assay-mcp`: the tools of an Assay server for an agent on this machine, over standard input and output.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Bridge } from "./bridge.js";
import { linesOf } from "./lines.js";

const USAGE = `assay-mcp: the tools of an Assay server, over standard input and output

  ASSAY_API_KEY    an API key of the organization; what it may do, the agent may do
  ASSAY_BASE_URL   where the server is (http://127.0.0.1:8000)

An entry for Claude Desktop, Cursor and others:

  {"mcpServers": {"assay": {"command": "npx", "args": ["-y", "-p", "@assay/sdk", "assay-mcp"],
                            "env": {"ASSAY_API_KEY": "fh_live_…", "ASSAY_BASE_URL": "https://assay.example.com"}}}}
`;
const DEFAULT_BASE_URL = "http://127.0.0.1:8000";
/** How long answers are waited for once the client has said its last. */
const LAST_ANSWERS_MILLISECONDS = 5000;

async function main(): Promise<void> {
  if (process.argv.length > 2) return void process.stdout.write(USAGE);
  const bridge = new Bridge({
    apiKey: process.env["ASSAY_API_KEY"] || leave("set ASSAY_API_KEY to the key that the agent may use"),
    baseUrl: baseUrl(process.env["ASSAY_BASE_URL"] || DEFAULT_BASE_URL),
    write: (line) => void process.stdout.write(`${line}\n`),
    log,
  });
  process.stdout.on("error", () => process.exit()); // nobody reads any more
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(bridge));
  for await (const line of linesOf(process.stdin.setEncoding("utf8"))) bridge.take(line);
  await Promise.race([bridge.settled(), pause(LAST_ANSWERS_MILLISECONDS)]);
  await end(bridge);
}

async function end(bridge: Bridge): Promise<void> {
  await bridge.close();
  process.stdout.write("", () => process.exit()); // after all that was written
}

function baseUrl(text: string): string {
  if (!/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ""))
    leave(`ASSAY_BASE_URL is not a URL: ${text}`);
  return text.replace(/\/+$/, "");
}

function leave(why: string): never {
  log(why);
  process.exit(2);
}

function log(line: string): void {
  process.stderr.write(`assay-mcp: ${line}\n`);
}

void main();

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { ApiError, AssayError, ConnectionError } from "../errors.js";
import type { Files } from "../resources/files.js";
import { pauseOrThrow } from "../retries.js";
import type { RequestOptions, Transport } from "../transport.js";
import type { AssayFile } from "../types.js";
import { ChecksumError } from "./types.js";

/** Whole files that arrived otherwise than promised, before it is given up: the store itself has something else. */
const MAX_MISMATCHES = 2;
const REFUSED: ReadonlySet<number> = new Set([400, 401, 403]);

/** One file on its way to this machine. What has come is in `<path>.part`, from where a later run goes on. */
export class Download {
  readonly #files: Files;
  readonly #transport: Transport;
  readonly #path: string;
  readonly #part: string;
  readonly #options: RequestOptions;
  #file: AssayFile;

  constructor(files: Files, transport: Transport, file: AssayFile, path: string, options: RequestOptions) {
    this.#files = files;
    this.#transport = transport;
    this.#file = file;
    this.#path = path;
    this.#part = `${path}.part`;
    this.#options = options;
  }

  /** Get the file; whether it was there before. */
  async run(): Promise<boolean> {
    if ((await sizeOf(this.#path)) === this.#file.size_bytes && (await this.#isWhole(this.#path))) return true;
    for (let mismatches = 0; ; mismatches += 1) {
      await this.#fetchAll();
      if (await this.#isWhole(this.#part)) break;
      await rm(this.#part, { force: true });
      if (mismatches === MAX_MISMATCHES) throw new ChecksumError(`${this.#file.id} has another SHA-256 than promised`);
    }
    await rename(this.#part, this.#path);
    return false;
  }

  /** Until all bytes are there. A try that came further than all before it counts as the first. */
  async #fetchAll(): Promise<void> {
    const maxRetries = this.#options.maxRetries ?? this.#transport.maxRetries;
    let most = await this.#had();
    for (let retry = 0, had = most; had < this.#file.size_bytes; retry += 1, had = await this.#had()) {
      try {
        if (hasExpired(this.#file)) await this.#refresh();
        await this.#fetchRest(had);
      } catch (error) {
        const has = await this.#had();
        if (has > most) [most, retry] = [has, 0];
        if (isRefused(error) && retry < maxRetries) await this.#refresh();
        else await pauseOrThrow(error, retry, { maxRetries, signal: this.#options.signal });
      }
    }
  }

  async #fetchRest(from: number): Promise<void> {
    if (this.#file.download_url === null) throw new AssayError(`${this.#file.id} is ${this.#file.status}`);
    // A proxy that packs the content would make positions in it mean nothing.
    const headers = { "Accept-Encoding": "identity", ...(from > 0 && { Range: `bytes=${from}-` }) };
    const init: RequestInit = { headers, signal: this.#options.signal ?? null };
    const seconds = this.#options.timeoutSeconds ?? this.#transport.timeoutSeconds;
    await this.#transport.fetchOnce(this.#file.download_url, init, seconds, (response, touch) =>
      this.#save(response, response.status === 206 ? from : 0, touch),
    );
  }

  async #save(response: Response, from: number, touch: () => void): Promise<void> {
    const part = await open(this.#part, from > 0 ? "r+" : "w");
    try {
      let at = from;
      for await (const chunk of response.body ?? []) {
        touch();
        await part.write(chunk, 0, chunk.length, at);
        at += chunk.length;
        if (at > this.#file.size_bytes) throw new ChecksumError(`${this.#file.id} has more bytes than promised`);
      }
      await part.datasync();
      if (at < this.#file.size_bytes) throw new ConnectionError(`${this.#file.id} broke off after ${at} bytes`);
    } finally {
      await part.close();
    }
  }

  async #refresh(): Promise<void> {
    this.#file = await this.#files.refreshUrl(this.#file.id, this.#options);
  }

  /** Bytes that have come; more than there can be are of another file. */
  async #had(): Promise<number> {
    const size = (await sizeOf(this.#part)) ?? 0;
    if (size <= this.#file.size_bytes) return size;
    await rm(this.#part, { force: true });
    return 0;
  }

  async #isWhole(path: string): Promise<boolean> {
    return this.#file.sha256 === null || (await sha256Of(path)) === this.#file.sha256;
  }
}

function hasExpired({ download_url_expires_at }: AssayFile): boolean {
  return download_url_expires_at !== null && Date.parse(download_url_expires_at) <= Date.now();
}

/** The URL has expired; stores say so with any of these. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && REFUSED.has(error.status);
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash: Hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

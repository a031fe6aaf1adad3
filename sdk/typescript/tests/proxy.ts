import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A response of the server, read whole. */
interface Answer {
  status: number;
  headers: Headers;
  body: Buffer<ArrayBuffer>;
}

/** What happens to one request, instead of what should. */
export type Fault =
  /** The connection is reset before the server hears of it. */
  | { kind: "reset_before" }
  /** The server does it, and the connection is reset before the answer. */
  | { kind: "reset_after" }
  /** A proxy answers in the server's place. */
  | { kind: "status"; status: number; retry_after?: string }
  /** The server does it, and a proxy answers otherwise. */
  | { kind: "status_after"; status: number }
  /** Headers and half of the body come; then the connection is reset. */
  | { kind: "truncated" }
  /** Headers and half of the body come; then nothing more. */
  | { kind: "stalled" }
  /** Half of the bytes are others. */
  | { kind: "garbled" }
  /** The server sees a signature that it does not accept any more. */
  | { kind: "expired" };

interface Planned {
  method: string;
  path: RegExp;
  fault: Fault;
}

/** Stands between a client and the server, and does to the next matching requests what it is told. */
export class FaultProxy {
  /** `METHOD /path` of every request, in order. */
  readonly seen: string[] = [];
  /** The `Range` of every request that had one. */
  readonly ranges: string[] = [];
  readonly #upstream: string;
  readonly #planned: Planned[] = [];
  readonly #server: Server;

  private constructor(upstream: string) {
    this.#upstream = upstream;
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => response.destroy()); // the client has left
    });
  }

  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** So many times a matching request fails so, in the order in which faults were planned. */
  plan(method: string, path: RegExp, fault: Fault, times = 1): void {
    for (let n = 0; n < times; n += 1) this.#planned.push({ method, path, fault });
  }

  /** Faults that have not happened yet. */
  get pending(): number {
    return this.#planned.length;
  }

  count(request: RegExp): number {
    return this.seen.filter((one) => request.test(one)).length;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", this.#upstream).pathname;
    this.seen.push(`${request.method} ${path}`);
    if (request.headers.range !== undefined) this.ranges.push(request.headers.range);
    const body = await readAll(request);
    const at = this.#planned.findIndex((one) => one.method === request.method && one.path.test(path));
    const fault = at < 0 ? null : (this.#planned.splice(at, 1)[0]?.fault ?? null);
    if (fault?.kind === "reset_before") return void request.socket.resetAndDestroy();
    if (fault?.kind === "status") return refuse(response, fault.status, fault.retry_after);
    const target =
      fault?.kind === "expired" ? `${request.url}`.replace(/signature=\w+/, "signature=0") : `${request.url}`;
    const answer = await this.#ask(request, target, body);
    if (fault?.kind === "reset_after") return void request.socket.resetAndDestroy();
    if (fault?.kind === "status_after") return refuse(response, fault.status);
    give(response, answer, fault);
  }

  async #ask(request: IncomingMessage, target: string, body: Buffer<ArrayBuffer>): Promise<Answer> {
    const { host, connection, "content-length": _, ...headers } = request.headers as Record<string, string>;
    const method = request.method ?? "GET";
    const init: RequestInit = { method, headers, redirect: "manual", ...(body.length > 0 && { body }) };
    const answer = await fetch(this.#upstream + target, init);
    return { status: answer.status, headers: answer.headers, body: this.#ours(answer.headers, await bytesOf(answer)) };
  }

  /** Signed URLs lead past us unless they name us; the signature does not cover the host. */
  #ours(headers: Headers, body: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    if (!headers.get("content-type")?.includes("json")) return body;
    return Buffer.from(body.toString().replaceAll(this.#upstream, this.url));
  }
}

function give(response: ServerResponse, answer: Answer, fault: Fault | null): void {
  const { status, headers, body } = answer;
  for (const [name, value] of headers) if (name !== "transfer-encoding") response.setHeader(name, value);
  if (status !== 204) response.setHeader("content-length", body.length);
  response.writeHead(status);
  if (fault === null || fault.kind === "expired") return void response.end(body);
  if (fault.kind === "garbled")
    return void response.end(Buffer.concat([body.subarray(body.length / 2), body]).subarray(0, body.length));
  response.write(body.subarray(0, body.length / 2), () => {
    // What was written has to arrive, before the reset takes back what is under way.
    if (fault.kind === "truncated") setTimeout(() => response.socket?.resetAndDestroy(), 20);
  });
}

function refuse(response: ServerResponse, status: number, retryAfter?: string): void {
  if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
  response.writeHead(status, { "content-type": "text/html" }).end("<h1>not now</h1>");
}

async function readAll(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function bytesOf(response: Response): Promise<Buffer<ArrayBuffer>> {
  return Buffer.from(await response.arrayBuffer());
}

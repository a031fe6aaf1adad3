import { brokenOff, Fault, foreign, refused, unreachable } from "./faults.js";
import { eventsOf } from "./lines.js";
import { withLocalFile } from "./local-file.js";
import { isAnswer, isRequest, PARSE_ERROR, parseMessage, routingHeaders, versionOf, type Message } from "./messages.js";

/** Where the server is, and who asks. */
export interface BridgeOptions {
  /** Of the server, without a slash at its end. */
  baseUrl: string;
  /** `fh_live_…` or `fh_test_…`. */
  apiKey: string;
  /** Takes a line for the client. */
  write: (line: string) => void;
  /** Takes a line for a person. */
  log: (line: string) => void;
}

const SESSION_HEADER = "mcp-session-id";
const GOODBYE_MILLISECONDS = 2000;

/**
 * Carries messages between a client on lines of text and the server's streamable HTTP.
 *
 * Nothing is sent twice: what a lost request did, only its sender can find out.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #url: string;
  readonly #carried = new Set<Promise<void>>();
  /** Requests under way, by their ids. */
  readonly #asked = new Map<string, AbortController>();
  #session: string | null = null;
  #version: string | null = null;

  /** @param options - both ends. */
  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#url = `${options.baseUrl}/mcp`;
  }

  /** Carry a line of the client's to the server, and to the client what comes of it, while other lines go their way. */
  take(line: string): void {
    if (line.trim() === "") return;
    const carried = this.#carry(line).finally(() => this.#carried.delete(carried));
    this.#carried.add(carried);
  }

  /** Wait for the answers to all that was asked. */
  async settled(): Promise<void> {
    await Promise.all(this.#carried);
  }

  /** Leave what is under way, and say so to a server that kept a session. */
  async close(): Promise<void> {
    for (const request of this.#asked.values()) request.abort();
    if (this.#session === null) return;
    const signal = AbortSignal.timeout(GOODBYE_MILLISECONDS);
    const goodbye = fetch(this.#url, { method: "DELETE", headers: this.#headers(), signal });
    await goodbye.catch(() => undefined); // the session ends by itself, then
  }

  async #carry(line: string): Promise<void> {
    const message = parseMessage(line);
    if (message === null) return this.#fail(null, new Fault(PARSE_ERROR, "a line has to be one message, as JSON"));
    if (this.#cancels(message)) return;
    if (isRequest(message)) await this.#ask(message);
    else await this.#tell(message);
  }

  /** A cancelled request's connection ends, which says it; a server that keeps a session wants to be told besides. */
  #cancels(message: Message): boolean {
    if (message.method !== "notifications/cancelled") return false;
    this.#asked.get(JSON.stringify(message.params?.["requestId"]))?.abort();
    return this.#session === null;
  }

  async #ask(message: Message): Promise<void> {
    const id = JSON.stringify(message.id);
    const request = new AbortController();
    this.#asked.set(id, request);
    try {
      await this.#bringAnswer(message, request.signal);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (!request.signal.aborted) this.#fail(message.id, error);
    } finally {
      this.#asked.delete(id);
    }
  }

  /** What needs no answer: its sender hears nothing of what becomes of it. */
  async #tell(message: Message): Promise<void> {
    try {
      const response = await this.#post(message, null);
      for await (const text of this.#textsOf(response)) if (!response.ok) throw refused(this.#url, response, text);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#options.log(error.message);
    }
  }

  /** Give the client the answer to a request, and what comes before it. */
  async #bringAnswer(request: Message, signal: AbortSignal): Promise<void> {
    const response = await this.#post(await withLocalFile(request), signal);
    for await (const text of this.#textsOf(response)) {
      if (!response.ok) throw refused(this.#url, response, text);
      const message = parseMessage(text);
      if (message === null) throw foreign(this.#url, response.status);
      if (request.method === "initialize") this.#noteVersion(message);
      this.#options.write(JSON.stringify(message));
      if (isAnswer(message)) return;
    }
    throw brokenOff(this.#url);
  }

  /** What a response carries: one message, or one in each event. */
  async *#textsOf(response: Response): AsyncGenerator<string, void, undefined> {
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    try {
      if (isStream && response.body) yield* eventsOf(response.body);
      else yield await response.text();
    } catch (error) {
      throw brokenOff(this.#url, error);
    }
  }

  async #post(message: Message, signal: AbortSignal | null): Promise<Response> {
    this.#version = message.method === "initialize" ? null : (versionOf(message) ?? this.#version);
    const headers = { ...this.#headers(), ...routingHeaders(message) };
    const init = { method: "POST", headers, body: JSON.stringify(message), signal };
    try {
      const response = await fetch(this.#url, { ...init, redirect: "manual" }); // a redirected POST becomes a GET
      this.#session = response.headers.get(SESSION_HEADER) ?? this.#session;
      return response;
    } catch (error) {
      throw unreachable(this.#url, error);
    }
  }

  #headers(): Record<string, string> {
    return {
      Authorization: `Bearer ${this.#options.apiKey}`,
      Accept: "application/json, text/event-stream",
      "Content-Type": "application/json",
      ...(this.#session === null ? {} : { [SESSION_HEADER]: this.#session }),
      ...(this.#version === null ? {} : { "mcp-protocol-version": this.#version }),
    };
  }

  /** Before 2026 the version is agreed on once, and every later request says it. */
  #noteVersion(answer: Message): void {
    const version = answer.result?.["protocolVersion"];
    if (typeof version === "string") this.#version = version;
  }

  #fail(id: Message["id"], fault: Fault): void {
    this.#options.log(fault.message);
    this.#options.write(JSON.stringify({ jsonrpc: "2.0", id: id ?? null, error: fault }));
  }
}

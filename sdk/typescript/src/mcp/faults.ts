import { CONNECTION_CLOSED, INTERNAL_ERROR, parseMessage, type RpcError } from "./messages.js";

/** Why there is no answer, as its client is told. */
export class Fault extends Error {
  readonly code: number;
  readonly data: unknown;

  /**
   * @param code - of JSON-RPC.
   * @param message - one sentence for a person.
   * @param data - what a program may want to know of it.
   */
  constructor(code: number, message: string, data?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.data = data;
  }

  /** As it is on the wire. */
  toJSON(): RpcError {
    return { code: this.code, message: this.message, data: this.data };
  }
}

/** There was no connection. */
export function unreachable(url: string, error: unknown): Fault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const said = cause instanceof Error ? (codeOf(cause) ?? cause.message) : String(cause);
  const message = `${url} cannot be reached (${said}): is Assay running there, and is ASSAY_BASE_URL right?`;
  return new Fault(CONNECTION_CLOSED, message);
}

/** The connection was lost. What was asked for may have been done. */
export function brokenOff(url: string, cause?: unknown): Fault {
  const message = `the connection to ${url} broke off before the answer came`;
  return new Fault(CONNECTION_CLOSED, message, undefined, { cause });
}

/** Whoever is there speaks something else. */
export function foreign(url: string, status: number): Fault {
  return new Fault(INTERNAL_ERROR, `${url} answered ${status}, and not as Assay does: is ASSAY_BASE_URL right?`);
}

/** The answer is an error of HTTP: one of JSON-RPC, one of the API, or another server's. */
export function refused(url: string, { status, headers }: Response, text: string): Fault {
  const told = parseMessage(text)?.error as (Partial<RpcError> & Record<string, unknown>) | undefined;
  if (told?.message === undefined) return foreign(url, status);
  if (typeof told.code === "number") return new Fault(told.code, told.message, told.data);
  const { type, request_id, message } = told;
  const asked = headers.get("retry-after");
  const what = status === 401 ? `ASSAY_API_KEY is not valid: ${message}` : message;
  const when = asked === null ? "" : `, try again in ${asked} s`;
  return new Fault(INTERNAL_ERROR, `${what}${when} (${request_id})`, { status, type, request_id });
}

function codeOf(error: Error): string | null {
  return "code" in error && typeof error.code === "string" ? error.code : null;
}

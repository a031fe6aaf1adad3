// Requests to our API. The browser adds the session's cookie; we add the CSRF token, which lives in this module only.
import { ApiFailure, failureOf } from "./failure";
import { strings } from "../strings";
import type { paths } from "./types";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = paths[P] extends { [key in M]: infer O } ? O : never;
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [key in M]: { responses: unknown } } ? P : never;
}[keyof paths];
type Content<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Answer<O> = O extends { responses: infer R } ? Content<R[keyof R]> : never;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Q : never;
type BodyOf<O> = O extends { requestBody?: { content: { "application/json": infer B } } } ? B : never;

export interface Options {
  /** Values of `{names}` in the path. */
  path?: Record<string, string>;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

interface Sent extends Options {
  query?: Record<string, unknown> | undefined;
  body?: unknown;
}

/** What to do when the token is not that of the session any more, since another tab has signed in anew. */
interface Renewal {
  /** Whose session it is. */
  keyId: string;
  /** Ask for the session that the cookie names now; it calls `useSession`. */
  renew: () => Promise<void>;
}

const CSRF_HEADER = "X-CSRF-Token";
const STALE_TOKEN = "csrf_token";
const ANSWER_MS = 30_000;
/** What is handed in may have to be joined of its parts first. */
const CHANGE_MS = 180_000;

let csrfToken = "";
let onSignedOut: () => void = () => undefined;
let renewal: Renewal | undefined;

/** Remember the session's token, and what to do once the server says that there is no session any more. */
export function useSession(token: string, signedOut: () => void, renewedBy?: Renewal): void {
  csrfToken = token;
  onSignedOut = signedOut;
  renewal = renewedBy;
}

export const api = {
  get<P extends PathsWith<"get">>(
    path: P,
    options: Options & { query?: QueryOf<Operation<P, "get">> } = {},
  ): Promise<Answer<Operation<P, "get">>> {
    return request("GET", path, options as Sent);
  },
  post<P extends PathsWith<"post">>(
    path: P,
    options: Options & { body?: BodyOf<Operation<P, "post">> | FormData } = {},
  ): Promise<Answer<Operation<P, "post">>> {
    return request("POST", path, options as Sent);
  },
  patch<P extends PathsWith<"patch">>(
    path: P,
    options: Options & { body?: BodyOf<Operation<P, "patch">> } = {},
  ): Promise<Answer<Operation<P, "patch">>> {
    return request("PATCH", path, options as Sent);
  },
  delete<P extends PathsWith<"delete">>(path: P, options: Options = {}): Promise<Answer<Operation<P, "delete">>> {
    return request("DELETE", path, options as Sent);
  },
};

/**
 * Any request of this origin, also one that docs/openapi.json does not describe.
 *
 * @throws ApiFailure: refused, or not answered
 */
export async function request<T>(method: string, path: string, sent: Sent = {}): Promise<T> {
  const asked = renewal;
  try {
    return await requestOnce<T>(method, path, sent);
  } catch (error) {
    if (!asked || !(error instanceof ApiFailure) || error.code !== STALE_TOKEN) throw error;
    await asked.renew();
    // What was asked for with one key is not done with another.
    if (renewal?.keyId !== asked.keyId) throw error;
    return requestOnce<T>(method, path, sent);
  }
}

async function requestOnce<T>(method: string, path: string, sent: Sent): Promise<T> {
  const response = await send(method, urlOf(path, sent), sent);
  if (response.ok) return (response.status === 204 ? undefined : await bodyOf(response)) as T;
  const failure = await failureOf(response);
  if (failure.status === 401) onSignedOut();
  throw failure;
}

async function send(method: string, url: string, { body, headers = {}, signal }: Sent): Promise<Response> {
  const isForm = body instanceof FormData;
  const limited = withLimit(signal, method === "GET" ? ANSWER_MS : isForm ? null : CHANGE_MS);
  const sentHeaders: Record<string, string> = { Accept: "application/json", ...headers };
  if (method !== "GET") sentHeaders[CSRF_HEADER] = csrfToken;
  if (body !== undefined && !isForm) sentHeaders["Content-Type"] = "application/json";
  try {
    return await fetch(url, {
      method,
      headers: sentHeaders,
      credentials: "same-origin",
      ...(limited ? { signal: limited } : {}),
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
  } catch (error) {
    throw unreachable(error);
  }
}

/** A connection may be dead without saying so, as behind a phone that has changed its network. */
function withLimit(signal: AbortSignal | undefined, milliseconds: number | null): AbortSignal | undefined {
  if (milliseconds === null || !("timeout" in AbortSignal)) return signal;
  const limit = AbortSignal.timeout(milliseconds);
  if (!signal) return limit;
  return "any" in AbortSignal ? AbortSignal.any([signal, limit]) : signal;
}

/** A connection that broke in the middle of an answer has brought none, and neither has the page of a hotel's Wi-Fi. */
async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw unreachable(error);
  }
}

function unreachable(error: unknown): unknown {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return new ApiFailure(strings.errors.unreachable, 0, "unreachable", null);
}

/** The path with its names filled in, and the query without what is absent. */
export function urlOf(path: string, { path: values = {}, query = {} }: Pick<Sent, "path" | "query">): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

/**
 * The path of a signed URL of the local store, so that it works under whatever name the page was opened; a URL of
 * an S3 server is left as it is: its paths start with a bucket, and none has the name `v1`.
 */
export function sameOrigin(url: string): string {
  const parsed = new URL(url, location.href);
  return parsed.pathname.startsWith("/v1/store/") ? parsed.pathname + parsed.search : url;
}

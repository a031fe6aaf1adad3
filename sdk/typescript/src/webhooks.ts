import { WebhookVerificationError } from "./errors.js";
import type { WebhookEvent } from "./types.js";

/** The headers of a request, as the platform gives them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/** A webhook request and what it has to be signed with. */
export interface WebhookRequest {
  /** The body exactly as it came, before any parsing. */
  payload: string | Uint8Array | ArrayBuffer;
  /** The headers that it came with. */
  headers: WebhookHeaders;
  /** The endpoint's secret (`whsec_…`); several while it is rotated. */
  secret: string | readonly string[];
  /** How far the time of the signature may be from ours, 300 when absent. */
  tolerance_seconds?: number;
}

/** One of the two schemes: what was signed, when, with what key, and the signatures. */
interface Scheme {
  timestamp: string;
  prefix: string;
  keyOf: (secret: string) => Uint8Array<ArrayBuffer>;
  signatures: Uint8Array<ArrayBuffer>[];
}

const DEFAULT_TOLERANCE_SECONDS = 300;
const SECRET_PREFIX = "whsec_";
const encoder = new TextEncoder();

/**
 * The event of a webhook request whose signature is valid.
 *
 * Both schemes are understood: Standard Webhooks (`webhook-signature`), which is preferred where both came, and
 * `X-FirstHandAPI-Signature`. During a rotation one valid signature of several is enough.
 *
 * @throws WebhookVerificationError - it is not signed with this secret, or too old.
 */
export async function verifyWebhook(request: WebhookRequest): Promise<WebhookEvent> {
  const scheme = standardScheme(request.headers) ?? vendorScheme(request.headers);
  if (scheme === null) throw new WebhookVerificationError("there is no signature in the headers");
  checkAge(scheme.timestamp, request.tolerance_seconds ?? DEFAULT_TOLERANCE_SECONDS);
  const body = bytesOf(request.payload);
  const signed = joined(encoder.encode(scheme.prefix), body);
  const secrets = typeof request.secret === "string" ? [request.secret] : request.secret;
  const keys = secrets.map((secret) => keyFrom(scheme, secret)).filter((key) => key !== null);
  if (keys.length === 0) throw new TypeError("the secret of a webhook endpoint begins with whsec_");
  for (const key of keys) {
    if (await isSigned(scheme, key, signed)) return parsed(body);
  }
  throw new WebhookVerificationError("no signature is of this secret and body");
}

/** `webhook-signature: v1,<base64> v1,<base64>` over `id.timestamp.body`, keyed with the secret's bytes. */
function standardScheme(headers: WebhookHeaders): Scheme | null {
  const [id, timestamp, header] = ["id", "timestamp", "signature"].map((name) => headerOf(headers, `webhook-${name}`));
  if (!id || !timestamp || !header) return null;
  const found = header.split(" ").filter((part) => part.startsWith("v1,"));
  const signatures = found.map((part) => fromBase64(part.slice("v1,".length)));
  const keyOf = (secret: string): Uint8Array<ArrayBuffer> => fromBase64(secret.replace(SECRET_PREFIX, ""));
  return { timestamp, prefix: `${id}.${timestamp}.`, keyOf, signatures };
}

/** `X-FirstHandAPI-Signature: t=<unix>,v1=<hex>,v1=<hex>` over `timestamp.body`, keyed with the secret as text. */
function vendorScheme(headers: WebhookHeaders): Scheme | null {
  const fields = (headerOf(headers, "x-firsthandapi-signature") ?? "").split(",").map((part) => part.trim());
  const timestamp = fields.find((part) => part.startsWith("t="))?.slice("t=".length);
  if (!timestamp) return null;
  const found = fields.filter((part) => part.startsWith("v1="));
  const signatures = found.map((part) => fromHex(part.slice("v1=".length)));
  return { timestamp, prefix: `${timestamp}.`, keyOf: (secret) => encoder.encode(secret), signatures };
}

function checkAge(timestamp: string, toleranceSeconds: number): void {
  const age = Math.abs(Date.now() / 1000 - Number(/^\d+$/.test(timestamp) ? timestamp : Number.NaN));
  if (!(age <= toleranceSeconds)) throw new WebhookVerificationError("the signature is not of these minutes");
}

/** `null` of a secret that is not one of ours, as those of the hosted service beside it. */
function keyFrom(scheme: Scheme, secret: string): Uint8Array<ArrayBuffer> | null {
  const bytes = scheme.keyOf(secret);
  return bytes.length === 0 ? null : bytes;
}

/** Web Crypto compares in constant time. */
async function isSigned(
  scheme: Scheme,
  bytes: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const valid = scheme.signatures.map((signature) => crypto.subtle.verify("HMAC", key, signature, signed));
  return (await Promise.all(valid)).includes(true);
}

function parsed(body: Uint8Array<ArrayBuffer>): WebhookEvent {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new WebhookVerificationError("the body is not JSON", { cause: error });
  }
}

function headerOf(headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === "string" ? found : found?.[0];
}

function bytesOf(payload: WebhookRequest["payload"]): Uint8Array<ArrayBuffer> {
  return typeof payload === "string" ? encoder.encode(payload) : new Uint8Array(payload);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Nothing for what is not base64: no signature is empty. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return new Uint8Array();
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})+$/.test(text)) return new Uint8Array();
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A message of JSON-RPC 2.0: a request has an `id` and a `method`, a notification a `method` only. */
export interface Message {
  jsonrpc: "2.0";
  id?: string | number | null;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: RpcError;
}

/** Why there is no result. */
export interface RpcError {
  code: number;
  message: string;
  data?: unknown;
}

/** The text is no message. */
export const PARSE_ERROR = -32700;
/** The server failed, or refused. */
export const INTERNAL_ERROR = -32603;
/** There is no server, or it went away. */
export const CONNECTION_CLOSED = -32000;

const VERSION_KEY = "io.modelcontextprotocol/protocolVersion";
/** Whose target the server wants to read in a header, and where it stands. */
const TARGETS: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
};

/** The message that a text is; `null` where it is none, or several. */
export function parseMessage(text: string): Message | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Message) : null;
  } catch {
    return null;
  }
}

/** Whether somebody waits for an answer to it. */
export function isRequest(message: Message): boolean {
  return message.method !== undefined && message.id !== undefined;
}

/** Whether it ends the wait of its request. */
export function isAnswer(message: Message): boolean {
  return message.method === undefined;
}

/** The version that a message says it is of, as those since 2026 do. */
export function versionOf(message: Message): string | null {
  const meta = message.params?.["_meta"];
  const version = typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>)[VERSION_KEY] : null;
  return typeof version === "string" ? version : null;
}

/** The headers by which servers since 2026 route a request without reading it. */
export function routingHeaders(message: Message): Record<string, string> {
  if (message.method === undefined) return {};
  const target = message.params?.[TARGETS[message.method] ?? ""];
  const named = typeof target === "string" ? { "Mcp-Name": headerValue(target) } : {};
  return { "Mcp-Method": headerValue(message.method), ...named };
}

/** Text as a header may carry it. */
function headerValue(text: string): string {
  const isPlain = /^[\x20-\x7e]*$/.test(text) && text === text.trim() && !text.startsWith("=?base64?");
  return isPlain ? text : `=?base64?${Buffer.from(text).toString("base64")}?=`;
}

// The API's resources, as docs/openapi.json describes them: the TypeScript SDK's types, of which nothing is left at run time.
export type * from "../../../../../sdk/typescript/src/types";
export type { paths } from "../../../../../sdk/typescript/src/schema";

/** One page of a list. */
export interface Page<Item> {
  object: "list";
  data: Item[];
  has_more: boolean;
  next_cursor: string | null;
}

/** The browser's session, `GET /web/session`. */
export interface Session {
  object: "session";
  organization_id: string;
  organization_name: string;
  key_id: string;
  key_name: string;
  key_prefix: string;
  livemode: boolean;
  scopes: string[];
  csrf_token: string;
  expires_at: string;
}

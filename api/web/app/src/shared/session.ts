// Who is signed in with this browser.
import { signal } from "@preact/signals";
import { request, useSession } from "./api";
import { ApiFailure } from "./failure";
import type { Session } from "./types";

/** Whether it was the server that ended it. */
export const hasEnded = signal(false);
/** `undefined` while we ask, `null` when nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);

/** Ask the server whose session the cookie names. */
export async function restoreSession(): Promise<void> {
  try {
    begin(await request<Session>("GET", "/web/session"));
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 401) throw error;
    end();
  }
}

/** @throws ApiFailure: the key is not valid */
export async function signIn(apiKey: string): Promise<void> {
  begin(await request<Session>("POST", "/web/session", { body: { api_key: apiKey } }));
}

export async function signOut(): Promise<void> {
  await request("DELETE", "/web/session");
  end();
  hasEnded.value = false;
}

/** Whether the session's key carries a scope. */
export function may(scope: string): boolean {
  return session.value?.scopes.includes(scope) ?? false;
}

function begin(found: Session): void {
  useSession(found.csrf_token, end, { keyId: found.key_id, renew: restoreSession });
  session.value = found;
}

function end(): void {
  useSession("", end);
  hasEnded.value = Boolean(session.value);
  session.value = null;
}

// Which worker is signed in on this device. Without a connection the page goes on with who was here last.
import { signal } from "@preact/signals";
import { request, useSession } from "../shared/api";
import { ApiFailure } from "../shared/failure";
import type { WorkerSelf } from "../shared/types";
import { strings } from "../strings";
import { keepProfile, keptProfile } from "./kept";

interface WorkerSession {
  worker: WorkerSelf;
  csrf_token: string;
  expires_at: string;
}

const PATH = "/web/worker_session";
const CODE = "inv_";

/** `undefined` while we ask, `null` when nobody is signed in. */
export const worker = signal<WorkerSelf | null | undefined>(undefined);
/** Whether the server knows this session: until then nothing can be sent. */
export const isConfirmed = signal(false);

/** Ask the server who is signed in; when it cannot be reached, believe what this device remembers. */
export async function restoreWorker(): Promise<void> {
  try {
    await begin(await request<WorkerSession>("GET", PATH));
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    if (error.status === 401) return end();
    const remembered = await keptProfile();
    if (!remembered) throw error;
    useSession("", end);
    worker.value ??= remembered;
  }
}

/** @throws ApiFailure: the invitation was used, is too old, or is not known */
export async function openInvitation(code: string): Promise<void> {
  await begin(await request<WorkerSession>("POST", PATH, { body: { invitation: code } }));
}

/** @throws ApiFailure: the token is not known */
export async function signInByToken(token: string): Promise<void> {
  await begin(await request<WorkerSession>("POST", PATH, { body: { token } }));
}

export async function signOut(): Promise<void> {
  await request("DELETE", PATH);
  end();
}

/** The figures of the worker may have changed. */
export async function refreshWorker(): Promise<void> {
  worker.value = await request<WorkerSelf>("GET", "/v1/worker/me");
}

/** Do something that changes something; where another page of this browser has renewed the session, do it again. */
export async function withSession<T>(act: () => Promise<T>): Promise<T> {
  if (!isConfirmed.value) await restoreWorker();
  if (!isConfirmed.value) throw new ApiFailure(strings.errors.unreachable, 0, "unreachable", null);
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== "csrf_token") throw error;
    await restoreWorker();
    return act();
  }
}

/** The code of the invitation that the page was opened with. It is taken out of the address at once. */
export function takeInvitation(): string | null {
  const code = location.hash.slice(1);
  if (!code.startsWith(CODE)) return null;
  history.replaceState(null, "", location.pathname);
  return code;
}

async function begin(found: WorkerSession): Promise<void> {
  useSession(found.csrf_token, end);
  worker.value = found.worker;
  isConfirmed.value = true;
  await keepProfile(found.worker);
}

function end(): void {
  useSession("", end);
  isConfirmed.value = false;
  worker.value = null;
  void keepProfile(null);
}

// Places of jobs that this worker holds, and the jobs they are of; from the server, or as this device remembers them.
import { api } from "../shared/api";
import { ApiFailure } from "../shared/failure";
import { newKey } from "../shared/new-key";
import type { WorkerJob, WorkerSubmission } from "../shared/types";
import { forgetSlot, keepSlot, keptSlot, keptSlots, type KeptSlot } from "./kept";
import { withSession, worker } from "./session";
import { files } from "./uploads";

export type Place = Pick<KeptSlot, "submission" | "job">;

const OPEN = ["awaiting_upload", "retry_pending", "pending_score", "needs_review"];
const RECENT = 100;

const jobs = new Map<string, Promise<WorkerJob>>();

/** A job, asked for once while the page is open. */
export function jobOf(id: string): Promise<WorkerJob> {
  const asked = jobs.get(id) ?? api.get("/v1/worker/jobs/{job_id}", { path: { job_id: id } });
  jobs.set(id, asked);
  asked.catch(() => jobs.delete(id));
  return asked;
}

export async function placeOf(id: string, signal: AbortSignal): Promise<Place> {
  try {
    const path = { submission_id: id };
    const submission = await api.get("/v1/worker/submissions/{submission_id}", { path, signal });
    return await remember(submission);
  } catch (error) {
    const kept = isUnreachable(error) ? await keptSlot(id) : undefined;
    if (!kept || !isMine(kept)) throw error;
    return kept;
  }
}

/** Those that are not decided yet, newest first. */
export async function openPlaces(signal: AbortSignal): Promise<Place[]> {
  try {
    const page = await api.get("/v1/worker/submissions", { query: { limit: RECENT }, signal });
    // A captured file is found by its place, also when its time has run out.
    const isOpen = ({ id, status }: WorkerSubmission) => OPEN.includes(status) || files.value.has(id);
    await forgetAll(page.data.filter((submission) => !isOpen(submission)));
    return await thoseThere(page.data.filter(isOpen).map((submission) => remember(submission)));
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const slots = (await keptSlots()).filter((slot) => isMine(slot) && (isHeld(slot) || files.value.has(slot.id)));
    return slots.reverse();
  }
}

/** Places for which a file can be captured yet, as far as this device knows. */
export async function heldSlots(): Promise<KeptSlot[]> {
  return (await keptSlots()).filter((slot) => isMine(slot) && isHeld(slot));
}

/** Take places of a job; a job that wants several files of one person gives several. */
export async function accept(job: WorkerJob): Promise<Place[]> {
  const wanted = { path: { job_id: job.id }, headers: { "Idempotency-Key": newKey() } };
  const first = await withSession(() => api.post("/v1/worker/jobs/{job_id}/accept", wanted));
  return Promise.all((first.submissions ?? [first]).map((submission) => remember(submission, job)));
}

/** Take the second attempt. */
export async function retry(id: string): Promise<Place> {
  const wanted = { path: { submission_id: id }, headers: { "Idempotency-Key": newKey() } };
  return remember(await withSession(() => api.post("/v1/worker/submissions/{submission_id}/retry", wanted)));
}

/** A place that waits for its file is kept with its job: the file can then be captured without a connection. */
async function remember(submission: WorkerSubmission, known?: WorkerJob): Promise<Place> {
  const job = known ?? (await jobOf(submission.job_id));
  const workerId = worker.value?.id ?? "";
  if (submission.status === "awaiting_upload") await keepSlot({ id: submission.id, workerId, submission, job });
  else await forgetSlot(submission.id);
  return { submission, job };
}

/** A place whose job is not told at the moment keeps none from the others. */
async function thoseThere(asked: Promise<Place>[]): Promise<Place[]> {
  const told = await Promise.allSettled(asked);
  const there = told.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = told.find((one) => one.status === "rejected");
  if (failed && !there.length) throw failed.reason;
  return there;
}

/** Of these submissions, the places that are kept. */
async function forgetAll(submissions: WorkerSubmission[]): Promise<void> {
  const ids = new Set(submissions.map(({ id }) => id));
  const slots = (await keptSlots()).filter(({ id }) => ids.has(id));
  await Promise.all(slots.map(({ id }) => forgetSlot(id)));
}

function isMine({ workerId }: KeptSlot): boolean {
  return workerId === worker.value?.id;
}

function isHeld({ submission: { lease_expires_at } }: KeptSlot): boolean {
  return lease_expires_at === null || Date.parse(lease_expires_at) > Date.now();
}

function isUnreachable(error: unknown): boolean {
  return error instanceof ApiFailure && (error.status === 0 || error.status >= 500);
}

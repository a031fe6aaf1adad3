// Kept files on their way: uploaded, handed in, and let go of once the server has confirmed them. A lost connection,
// a closed page or an empty battery interrupt this at any point; it goes on with the next start, where it was.
import { signal } from "@preact/signals";
import { api } from "../shared/api";
import { ApiFailure } from "../shared/failure";
import { hex, newKey } from "../shared/new-key";
import type { WorkerSubmission } from "../shared/types";
import { forgetFile, forgetSlot, forgetUpload, keepFile, keepSlot, keptFiles, type KeptFile } from "./kept";
import { putInParts, WHOLE_UP_TO_BYTES } from "./parts";
import { ConnectionLost, put, StoreRefused } from "./put";
import { withSession, worker } from "./session";

export type Step =
  /** With what has arrived already. */
  | { name: "waiting"; arrivedBytes: number }
  /** What is on its way counts as sent. */
  | { name: "uploading"; sentBytes: number; arrivedBytes: number }
  | { name: "submitting" }
  /** The place is gone: its time ran out, or the job ended. */
  | { name: "lost"; status: string }
  | { name: "refused"; message: string };

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
const LOCK = "assay-uploads";
const FAILED = "failed";

/** Kept files of this worker by their submission. */
export const files = signal<ReadonlyMap<string, KeptFile>>(new Map());
/** Those that only this page holds, since the device could not keep them. */
export const unkept = signal<ReadonlyMap<string, KeptFile>>(new Map());
/** How far each of them is. */
export const steps = signal<ReadonlyMap<string, Step>>(new Map());
/** Submissions that were confirmed while the page is open, as the server last told of them. */
export const confirmed = signal<ReadonlyMap<string, WorkerSubmission>>(new Map());
export const isOnline = signal(navigator.onLine);

const tries = new Map<string, number>();
let isRunning = false;
let wake: () => void = () => undefined;

/** Load what is kept, and send it whenever there may be a connection again. */
export async function startUploads(): Promise<void> {
  addEventListener("online", () => hurry(true));
  addEventListener("offline", () => (isOnline.value = false));
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "visible" && hurry(navigator.onLine),
  );
  await resume();
}

/** Go on with the files of whoever is signed in now. */
export async function resume(): Promise<void> {
  await loadFiles();
  void run();
}

async function loadFiles(): Promise<void> {
  const kept = await keptFiles().catch(() => files.value.values());
  const mine = [...kept, ...unkept.value.values()].filter((file) => file.workerId === worker.value?.id);
  files.value = new Map(mine.map((file) => [file.submissionId, file]));
}

/** Keep a file that was captured for a place; an earlier one of the place is let go of. */
export async function keep(file: KeptFile): Promise<void> {
  const earlier = files.value.get(file.submissionId);
  files.value = new Map(files.value).set(file.submissionId, file);
  try {
    await keepFile(file);
    void navigator.storage?.persist?.(); // else a device that is short of room may let go of it
    unkept.value = without(unkept.value, file.submissionId);
  } catch {
    // Unless it was let go of meanwhile.
    if (files.value.get(file.submissionId) === file) unkept.value = new Map(unkept.value).set(file.submissionId, file);
  }
  if (earlier && earlier.key !== file.key) await forgetUpload(earlier.key);
}

export async function discard(submissionId: string): Promise<void> {
  const file = files.value.get(submissionId);
  files.value = without(files.value, submissionId);
  unkept.value = without(unkept.value, submissionId);
  steps.value = without(steps.value, submissionId);
  if (file) await forgetUpload(file.key);
  await forgetFile(submissionId);
}

/** Let a kept file go off, now or as soon as there is a connection. */
export async function release(submissionId: string): Promise<void> {
  const file = files.value.get(submissionId);
  if (!file) return;
  await keep({ ...file, isReleased: true });
  steps.value = without(steps.value, submissionId);
  void run();
}

/** Move a file whose place was lost to a new place of the same job. */
export async function takeNewPlace(submissionId: string): Promise<string> {
  const file = files.value.get(submissionId);
  if (!file) return submissionId;
  const accept = {
    path: { job_id: file.jobId },
    headers: { "Idempotency-Key": `again-${submissionId}` },
  };
  const place = await withSession(() => api.post("/v1/worker/jobs/{job_id}/accept", accept));
  const job = await api.get("/v1/worker/jobs/{job_id}", { path: { job_id: file.jobId } });
  await keepSlot({ id: place.id, workerId: file.workerId, submission: place, job });
  await keep({ ...file, submissionId: place.id, attempt: place.attempt, key: newKey() });
  await discard(submissionId);
  await forgetSlot(submissionId);
  void run();
  return place.id;
}

function hurry(online: boolean): void {
  isOnline.value = online;
  if (!online) return;
  wake();
  void run();
}

/** Until nothing is left to be sent. One page of this browser does it, the others wait. */
async function run(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  try {
    if (navigator.locks) await navigator.locks.request(LOCK, sendAll);
    else await sendAll();
  } finally {
    isRunning = false;
  }
}

async function sendAll(): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  for (let file = nextFile(); file; file = nextFile()) {
    if (await send(file)) {
      pause = FIRST_PAUSE_MS;
      continue;
    }
    if (worker.value === null) return; // signed out: the next sign-in begins anew
    await sleep(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** The one that was tried least often, so that none waits behind another that does not get on. */
function nextFile(): KeptFile | undefined {
  const isDue = (file: KeptFile) => {
    const step = steps.value.get(file.submissionId);
    return file.isReleased && step?.name !== "lost" && step?.name !== "refused";
  };
  const tried = (file: KeptFile) => tries.get(file.submissionId) ?? 0;
  return [...files.value.values()].filter(isDue).sort((one, other) => tried(one) - tried(other))[0];
}

/** One try. Whether there is nothing more to do for this file. */
async function send(file: KeptFile): Promise<boolean> {
  const tell = (step: Step) => (steps.value = new Map(steps.value).set(file.submissionId, step));
  const wait = () => tell({ name: "waiting", arrivedBytes: arrivedOf(file) });
  wait();
  tries.set(file.submissionId, (tries.get(file.submissionId) ?? 0) + 1);
  try {
    const place = await placeOf(file);
    if (place.status !== "awaiting_upload" || place.attempt !== file.attempt) return await conclude(file, place, tell);
    if (!place.upload) throw new ApiFailure("no upload URL", 0, FAILED, null);
    const onSent = (sentBytes: number, arrivedBytes = 0) => tell({ name: "uploading", sentBytes, arrivedBytes });
    onSent(0, arrivedOf(file));
    if (file.content.size > WHOLE_UP_TO_BYTES) await putInParts(file, onSent);
    else await put(place.upload, file.content, onSent);
    tell({ name: "submitting" });
    return await conclude(file, await handIn(file), tell);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) wait();
    else tell({ name: "refused", message: refusal });
    return refusal !== null;
  }
}

/** What of a file the store has, as far as this page knows. */
function arrivedOf(file: KeptFile): number {
  const step = steps.value.get(file.submissionId);
  if (step?.name === "submitting") return file.content.size;
  return step && "arrivedBytes" in step ? step.arrivedBytes : 0;
}

function placeOf(file: KeptFile): Promise<WorkerSubmission> {
  return api.get("/v1/worker/submissions/{submission_id}", { path: { submission_id: file.submissionId } });
}

async function handIn(file: KeptFile): Promise<WorkerSubmission> {
  const sha256 = await digest(file.content);
  const told = {
    path: { submission_id: file.submissionId },
    headers: { "Idempotency-Key": file.key },
    body: { filename: file.filename, captured_at: file.capturedAt, ...(sha256 ? { sha256 } : {}) },
  };
  return withSession(() => api.post("/v1/worker/submissions/{submission_id}/submit", told));
}

/** The server has the file, or the place is lost. */
async function conclude(file: KeptFile, place: WorkerSubmission, tell: (step: Step) => void): Promise<boolean> {
  const isLost = place.status === "expired" || (place.status === "surplus" && !place.submitted_at);
  if (isLost) {
    tell({ name: "lost", status: place.status });
    return true;
  }
  confirmed.value = new Map(confirmed.value).set(place.id, place);
  await forgetSlot(place.id);
  await discard(file.submissionId);
  return true;
}

/** Why it is of no use to try again, `null` when it is of use. */
function refusalOf(error: unknown): string | null {
  if (error instanceof ConnectionLost) return null;
  // A URL that is too old, or of an upload in parts that is over: the next try asks for another.
  if (error instanceof StoreRefused) return [403, 404].includes(error.status) ? null : error.message;
  if (!(error instanceof ApiFailure)) return error instanceof Error ? error.message : String(error);
  const isPassing = error.status === 0 || error.status >= 500 || [401, 408, 409, 429].includes(error.status);
  return isPassing ? null : error.message;
}

/**
 * SHA-256, by which the engine tells that what it reads is what was captured. Browsers compute it under https only, and
 * not of a file that is larger than their memory; it is sent without.
 */
async function digest(content: Blob): Promise<string | null> {
  try {
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await content.arrayBuffer())));
  } catch {
    return null;
  }
}

/** A pause that ends early when the connection is back. */
function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    wake = resolve;
    setTimeout(resolve, milliseconds);
  });
}

function without<T>(map: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

// What the server makes of a file to be looked at, whatever was decided on it: docs/decisions/0010-web.md.
import { request } from "../../shared/api";
import { ApiFailure } from "../../shared/failure";
import type { Submission } from "../../shared/types";

export interface Preview {
  content_type: "image" | "audio" | "video";
  width: number | null;
  height: number | null;
  duration_seconds: number | null;
  /** Loudness of equal parts of the sound, 0–100. */
  waveform: number[] | null;
  /** Times of the frames that can be asked for. */
  frames: number[];
}

/** Another attempt is another file, which the browser must not take from its cache. */
export type Attempted = Pick<Submission, "id" | "attempt">;

export function previewUrl({ id, attempt }: Attempted, part: string): string {
  return `${deliveredPreviewUrl(id, part)}?attempt=${attempt}`;
}

export function frameUrl(submission: Attempted, index: number): string {
  return previewUrl(submission, `frames/${index}.jpg`);
}

/** Of a file that was delivered: no attempt comes after it. */
export function deliveredPreviewUrl(submissionId: string, part: string): string {
  return `/web/submissions/${submissionId}/${part}`;
}

/** `null` when there is nothing to be seen: no upload, a broken file, or one whose time is over. */
export async function loadPreview(submission: Attempted, signal: AbortSignal): Promise<Preview | null> {
  try {
    return await request<Preview>("GET", previewUrl(submission, "preview.json"), { signal });
  } catch (error) {
    if (error instanceof ApiFailure && (error.status === 404 || error.status === 403)) return null;
    throw error;
  }
}

// What the server makes of a file to be looked at, whatever was decided on it: docs/decisions/0010-web.md.
import { request } from "../../shared/api";
import { ApiFailure } from "../../shared/failure";

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

export function previewUrl(submissionId: string, part: string): string {
  return `/web/submissions/${submissionId}/${part}`;
}

export function frameUrl(submissionId: string, index: number): string {
  return previewUrl(submissionId, `frames/${index}.jpg`);
}

/** `null` when there is nothing to be seen: no upload, a broken file, or one whose time is over. */
export async function loadPreview(submissionId: string, signal: AbortSignal): Promise<Preview | null> {
  try {
    return await request<Preview>("GET", previewUrl(submissionId, "preview.json"), { signal });
  } catch (error) {
    if (error instanceof ApiFailure && (error.status === 404 || error.status === 403)) return null;
    throw error;
  }
}

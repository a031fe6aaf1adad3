// A file that was just captured or chosen, before it is kept for its place.
import { newKey } from "../shared/new-key";
import type { Requirements, WorkerJob } from "../shared/types";
import { formatBytes, formatDuration } from "../shared/format";
import { strings } from "../strings";
import type { KeptFile } from "./kept";
import type { Place } from "./places";

const words = strings.capture.preview;

export interface Captured {
  content: Blob;
  filename: string;
  /** Of a recording. */
  seconds: number | null;
}

/** What a preview found out about the file. */
export interface Measured {
  width?: number;
  height?: number;
  seconds?: number;
}

const ENDINGS: Record<string, string> = { jpeg: "jpg" };

/** A name for what was captured here: the day and the time of the capture. */
export function nameOf(format: string, at: Date): string {
  const stamp = at.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `capture-${stamp}.${ENDINGS[format] ?? format}`;
}

export function keptFor({ submission, job }: Place, workerId: string, captured: Captured): KeptFile {
  return {
    ...captured,
    submissionId: submission.id,
    attempt: submission.attempt,
    workerId,
    jobId: job.id,
    capturedAt: new Date().toISOString(),
    isReleased: false,
    key: newKey(),
  };
}

/** The conditions of a job. */
export function wantedOf(job: WorkerJob): Requirements {
  return job.requirements;
}

/** What is sure to cost the approval, told before the file is sent rather than after. */
export function warningsOf(job: WorkerJob, file: KeptFile, measured: Measured): string[] {
  const { min_width, min_height, min_duration_seconds, max_duration_seconds } = wantedOf(job);
  const seconds = file.seconds ?? measured.seconds;
  const { width, height } = measured;
  return [
    file.content.size === 0 && words.empty,
    width && min_width && width < min_width && words.small(width, min_width, words.wide),
    height && min_height && height < min_height && words.small(height, min_height, words.high),
    seconds &&
      min_duration_seconds &&
      seconds < min_duration_seconds &&
      words.short(formatDuration(seconds), formatDuration(min_duration_seconds)),
    seconds &&
      max_duration_seconds &&
      seconds > max_duration_seconds &&
      words.long(formatDuration(seconds), formatDuration(max_duration_seconds)),
  ].filter((text): text is string => Boolean(text));
}

/** `4032 × 3024 · 3.1 MB` */
export function factsOf(file: KeptFile, { width, height, seconds }: Measured): string {
  const length = file.seconds ?? seconds;
  const size = width && height ? `${width} × ${height}` : "";
  return words.facts(formatBytes(file.content.size), length ? formatDuration(length) : size);
}

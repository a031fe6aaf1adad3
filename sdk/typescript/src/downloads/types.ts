import { AssayError } from "../errors.js";
import type { AssayFile } from "../types.js";

/** Which files to save, and where. */
export interface DownloadOptions {
  /** The job whose approved files are saved. */
  job_id: string;
  /** Made when absent. Two downloads at a time must not share it. */
  output_dir: string;
  /** Files under way at a time, 4 when absent. */
  concurrency?: number;
  /** Hears of every file that is there, of those that were there before too. */
  on_file?: (file: DownloadedFile) => void;
}

/** A file on this machine. */
export interface DownloadedFile {
  /** What the server says of it, annotations and all. */
  file: AssayFile;
  /** Where it is. */
  path: string;
  /** Whether it was there before. */
  was_there: boolean;
}

/** What is on this machine after a download. */
export interface DownloadResult {
  /** Newest first. */
  files: DownloadedFile[];
  /** One line of JSON for each file, with the fields of a `jsonl` export; `file_name` is relative to it. */
  annotations_path: string;
}

/** A file that could not be had. */
export interface DownloadFailure {
  /** The file. */
  file: AssayFile;
  /** Why. */
  error: unknown;
}

/** Some files could not be had, even after retries; all others are there. */
export class DownloadError extends AssayError {
  /** What is missing, and why. */
  readonly failures: readonly DownloadFailure[];

  /** @param failures - at least one. */
  constructor(failures: readonly DownloadFailure[]) {
    const first = failures[0];
    super(`${failures.length} files could not be downloaded; ${first?.file.id}: ${String(first?.error)}`, {
      cause: first?.error,
    });
    this.failures = failures;
  }
}

/** The bytes that came, from whole connections and again, are not those that the server promises. */
export class ChecksumError extends AssayError {}

import { AssayError } from "../errors.js";
import type { AssayFile } from "../types.js";

/** Formats whose files are commonly named otherwise. */
const EXTENSIONS: Readonly<Record<string, string>> = { jpeg: "jpg" };
const HARMLESS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9]+$/;

/** The name of a file on disk, as exports name it: made of its id, never of what a person wrote. */
export function fileName(file: AssayFile): string {
  const format = file.format ?? "bin";
  const name = `${file.id}.${EXTENSIONS[format] ?? format}`;
  if (!HARMLESS.test(name)) throw new AssayError(`${JSON.stringify(name)} is no name for a file`);
  return name;
}

/** A file's line in `annotations.jsonl`: the record of a `jsonl` export. */
export function line(file: AssayFile): string {
  const { object, file_id, ai_star_rating, livemode, status, download_url, download_url_expires_at, ...told } = file;
  const { id, ...rest } = told;
  return `${JSON.stringify({ id, file_name: fileName(file), ...rest })}\n`;
}

import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Files } from "../resources/files.js";
import type { RequestOptions, Transport } from "../transport.js";
import type { AssayFile } from "../types.js";
import { Download } from "./one.js";
import { fileName, line } from "./records.js";
import {
  DownloadError,
  type DownloadFailure,
  type DownloadOptions,
  type DownloadedFile,
  type DownloadResult,
} from "./types.js";

const DEFAULT_CONCURRENCY = 4;
const PAGE_FILES = 100;

/** See {@link Files.downloadAll}. */
export async function downloadAll(
  files: Files,
  transport: Transport,
  download: DownloadOptions,
  options: RequestOptions,
): Promise<DownloadResult> {
  await mkdir(download.output_dir, { recursive: true });
  const approved = files.list({ job_id: download.job_id, status: "approved", limit: PAGE_FILES }, options);
  const failures: DownloadFailure[] = [];

  const save = async (file: AssayFile): Promise<DownloadedFile | null> => {
    const path = join(download.output_dir, fileName(file));
    let was_there: boolean;
    try {
      was_there = await new Download(files, transport, file, path, options).run();
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push({ file, error });
      return null;
    }
    const saved = { file, path, was_there };
    download.on_file?.(saved);
    return saved;
  };
  const saved = await mapped(approved, download.concurrency ?? DEFAULT_CONCURRENCY, save);
  const whole = saved.filter((one) => one !== null);
  const annotations_path = await writeAnnotations(download.output_dir, whole);
  if (failures.length > 0) throw new DownloadError(failures);
  return { files: whole, annotations_path };
}

/** Under its name only when it is whole, like the files that it tells of. */
async function writeAnnotations(folder: string, saved: readonly DownloadedFile[]): Promise<string> {
  const path = join(folder, "annotations.jsonl");
  await writeFile(`${path}.part`, saved.map(({ file }) => line(file)).join(""));
  await rename(`${path}.part`, path);
  return path;
}

/**
 * What an action makes of every item, in their order, with so many under way at a time.
 *
 * Once one throws no other is begun; it is thrown when those under way have ended.
 */
async function mapped<T, R>(
  items: AsyncIterable<T>,
  concurrency: number,
  action: (item: T) => Promise<R>,
): Promise<R[]> {
  const source = items[Symbol.asyncIterator]();
  const results: R[] = [];
  const errors: unknown[] = [];
  let count = 0;
  const work = async (): Promise<void> => {
    // An async generator queues those who ask at the same time, so that no item goes to two.
    for (let next = await source.next(); !next.done && errors.length === 0; next = await source.next()) {
      const place = count++;
      results[place] = await action(next.value);
    }
  };
  const noting = (): Promise<void> => work().catch((error: unknown) => void errors.push(error));
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, noting));
  if (errors.length > 0) throw errors[0];
  return results;
}

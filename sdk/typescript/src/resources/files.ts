import type { DownloadOptions, DownloadResult } from "../downloads/types.js";
import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { AssayFile, FileListQuery } from "../types.js";
import { onNode } from "../uploads.js";

/** Scored files with their annotations. */
export class Files {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** A file; its `download_url` is signed anew. */
  get(fileId: string, options?: RequestOptions): Promise<AssayFile> {
    return this.#transport.json({ method: "GET", path: path`/v1/files/${fileId}` }, options);
  }

  /** Files, newest first: of a job, of a status, with so many stars. */
  list(query?: FileListQuery, options?: RequestOptions): PagePromise<AssayFile> {
    return this.#transport.pages(path`/v1/files`, query, options);
  }

  /** A file with a `download_url` that works for its whole time again. */
  refreshUrl(fileId: string, options?: RequestOptions): Promise<AssayFile> {
    return this.#transport.json({ method: "POST", path: path`/v1/files/${fileId}/refresh_url` }, options);
  }

  /**
   * Save a job's approved files, named by their ids, with `annotations.jsonl` beside them. In Node only.
   *
   * Files are fetched several at a time and checked against their SHA-256; one gets its name when it is whole. A
   * second call goes on where the first one stopped, and fetches nothing that is there already.
   *
   * @throws DownloadError - some files could not be had; all others are there.
   */
  async downloadAll(download: DownloadOptions, options: RequestOptions = {}): Promise<DownloadResult> {
    const { downloadAll } = await onNode("downloadAll");
    return downloadAll(this, this.#transport, download, options);
  }
}

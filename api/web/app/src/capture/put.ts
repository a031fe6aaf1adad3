// The bytes of a file, or of a part of one, to the object store. XMLHttpRequest, since `fetch` does not tell how much of a body has gone off.
import { sameOrigin } from "../shared/api";
import type { Upload } from "../shared/types";

const STALLED_MS = 60_000;
/** Answers of stores that have the object already (409 of our own, 412 of S3): an earlier try arrived after all. */
const THERE_ALREADY = [409, 412];
const STALLED = /RequestTimeout|broke off/;

/** The connection broke, or nothing has moved for a minute. The same can be tried again. */
export class ConnectionLost extends Error {}

/** The store does not take the file. */
export class StoreRefused extends Error {
  constructor(readonly status: number) {
    super(`the store answered ${status}`);
  }
}

/**
 * @throws ConnectionLost: try again
 * @throws StoreRefused: the URL is too old (403), its upload is over (404), or the file too large (413)
 */
export function put(upload: Upload, content: Blob, onSent: (bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stalled = setTimeout(() => request.abort(), STALLED_MS);
    request.upload.onprogress = ({ loaded }) => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
      onSent(loaded);
    };
    request.onloadend = () => {
      clearTimeout(stalled);
      const { status } = request;
      if ((status >= 200 && status < 300) || THERE_ALREADY.includes(status)) resolve();
      else reject(isPassing(status, request.responseText) ? new ConnectionLost() : new StoreRefused(status));
    };
    request.open(upload.method ?? "PUT", sameOrigin(upload.url));
    for (const [name, value] of Object.entries(upload.headers)) {
      // The browser says the length by itself, and lets no script do so.
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.send(content);
  });
}

/** Also what stores say of a connection on which nothing comes any more: S3 with a 400, ours and proxies with a 408. */
function isPassing(status: number, text: string): boolean {
  return status === 0 || status >= 500 || [408, 429].includes(status) || (status === 400 && STALLED.test(text));
}

// What needs Node: imported when it is called for, so that browsers never see it.
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { NamedContent } from "./uploads.js";

export { downloadAll } from "./downloads/all.js";

/** A file on this machine, whose bytes are read when they are sent. */
export async function openFile(path: string): Promise<NamedContent> {
  return { blob: await openAsBlob(path), filename: basename(path) };
}

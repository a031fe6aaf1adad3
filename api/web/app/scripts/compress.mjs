// Writes `name.br` and `name.gz` beside every file of the build that gets smaller by it; the server sends them as they are.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const TEXT = /\.(html|js|css|svg|json|webmanifest)$/;

for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const path = `${entry.parentPath}/${entry.name}`;
  const content = await readFile(path);
  for (const [ending, compressed] of [
    ["br", brotliCompressSync(content)],
    ["gz", gzipSync(content, { level: 9 })],
  ]) {
    if (compressed.length < content.length) await writeFile(`${path}.${ending}`, compressed);
  }
}

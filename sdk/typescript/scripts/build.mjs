// Builds `dist/esm` and `dist/cjs`: the same sources through the same compiler, twice, with their types checked once.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const [format, ...options] of [["esm"], ["cjs", "--noCheck"]]) {
  execFileSync(process.execPath, [compiler, "-p", `tsconfig.${format}.json`, ...options], {
    cwd: root,
    stdio: "inherit",
  });
}
// Without it Node would read the CommonJS files as modules, as the package's own `type` says.
writeFileSync(`${root}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');

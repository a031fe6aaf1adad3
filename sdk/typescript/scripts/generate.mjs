// Writes `src/schema.ts`; a test fails when it is older than docs/openapi.json.
import { writeFile } from "node:fs/promises";
import { TARGET, schemaSource } from "./schema.mjs";

await writeFile(TARGET, await schemaSource());

// `docs/openapi.json` as TypeScript.
import { readFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../../../docs/openapi.json", import.meta.url);
export const TARGET = new URL("../src/schema.ts", import.meta.url);

/** @typedef {{ properties?: Record<string, object>, required?: string[] }} Schema */

/**
 * The content of `src/schema.ts`, from the document as it is now.
 *
 * @returns {Promise<string>}
 */
export async function schemaSource() {
  const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
  requireWhatIsAlwaysSent(document);
  leaveOutErrors(document);
  const nodes = await openapiTS(document, { defaultNonNullable: false });
  return `// Made from docs/openapi.json by \`npm run generate\`; not to be edited.\n\n${astToString(nodes)}`;
}

/**
 * Every operation lists the same errors and headers, which `errors.ts` stands for; they are half of the file.
 *
 * @param {any} document
 */
function leaveOutErrors(document) {
  for (const operation of operations(document)) {
    const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
    operation.responses = Object.fromEntries(successes.map(([status, { headers, ...rest }]) => [status, rest]));
  }
  delete document.components.headers;
  delete document.components.responses;
}

/**
 * @param {any} document
 * @returns {any[]}
 */
function operations(document) {
  return Object.values(document.paths).flatMap((path) => Object.values(path));
}

/**
 * A field with a default may be left out of a request, but is in every response: `object`, for example.
 *
 * @param {any} document
 */
function requireWhatIsAlwaysSent(document) {
  const sent = new Set();
  const taken = new Set();
  for (const operation of operations(document)) {
    collect(document, operation.responses, sent);
    collect(document, operation.requestBody, taken);
  }
  for (const name of sent) {
    if (!taken.has(name)) requireDefaults(document.components.schemas[name]);
  }
}

/** @param {Schema} schema */
function requireDefaults(schema) {
  const withDefault = Object.entries(schema.properties ?? {}).filter(([, field]) => "default" in field);
  schema.required = [...new Set([...(schema.required ?? []), ...withDefault.map(([name]) => name)])];
}

/**
 * @param {any} document
 * @param {unknown} part
 * @param {Set<string>} found names of the schemas that the part refers to, directly or not
 */
function collect(document, part, found) {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key !== "$ref") collect(document, value, found);
    else if (value.startsWith("#/components/schemas/")) follow(document, value.split("/").at(-1), found);
  }
}

/**
 * @param {any} document
 * @param {string} name
 * @param {Set<string>} found
 */
function follow(document, name, found) {
  if (found.has(name)) return;
  found.add(name);
  collect(document, document.components.schemas[name], found);
}

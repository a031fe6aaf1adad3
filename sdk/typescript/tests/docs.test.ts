import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { schemaSource, TARGET } from "../scripts/schema.mjs";

const INDEX = fileURLToPath(new URL("../src/index.ts", import.meta.url));

test("the types are those of docs/openapi.json; `npm run generate` makes them so", async () => {
  expect(await readFile(TARGET, "utf8")).toBe(await schemaSource());
});

test("every exported name and every public member is documented", () => {
  const program = ts.createProgram([INDEX], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(INDEX);
  const module = source && checker.getSymbolAtLocation(source);
  const names = module ? checker.getExportsOfModule(module) : [];
  expect(names.length).toBeGreaterThan(80);
  const found = names.map((name) => (name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name));
  const bare = found.flatMap((symbol) => undocumented(symbol, checker));
  expect(bare).toEqual([]);
});

/** The name and those of its members that say nothing of themselves. */
function undocumented(symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  const members = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])].filter(isPublic);
  const bare = members
    .filter((member) => !isDocumented(member, checker))
    .map((member) => `${symbol.name}.${member.name}`);
  return isDocumented(symbol, checker) ? bare : [symbol.name, ...bare];
}

function isPublic(member: ts.Symbol): boolean {
  const declared = member.declarations?.[0];
  // Types in generated ones are OpenAPI's; type parameters stand in the text of their class.
  if (declared === undefined || ts.isTypeParameterDeclaration(declared)) return false;
  return (
    !declared.getSourceFile().fileName.endsWith("schema.ts") &&
    !(ts.isPropertyDeclaration(declared) && ts.isPrivateIdentifier(declared.name)) &&
    !(ts.isMethodDeclaration(declared) && ts.isPrivateIdentifier(declared.name)) &&
    member.name !== "prototype"
  );
}

function isDocumented(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  return symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;
}

import { readFile } from "node:fs/promises";
import { Fault } from "./faults.js";
import { INTERNAL_ERROR, type Message } from "./messages.js";

/**
 * A call of `score_file` with the content of the file that it names.
 *
 * The agent's files are on this machine, and a server reads no disk for anybody.
 *
 * @throws Fault - it cannot be read.
 */
export async function withLocalFile(message: Message): Promise<Message> {
  const { arguments: given, name } = message.params ?? {};
  if (message.method !== "tools/call" || name !== "score_file" || !hasPath(given)) return message;
  const { path, ...others } = given;
  try {
    const content_base64 = (await readFile(path)).toString("base64");
    return { ...message, params: { ...message.params, arguments: { ...others, content_base64 } } };
  } catch (error) {
    throw new Fault(INTERNAL_ERROR, `the file cannot be read: ${(error as Error).message}`);
  }
}

function hasPath(given: unknown): given is { path: string } {
  return typeof given === "object" && given !== null && "path" in given && typeof given.path === "string";
}

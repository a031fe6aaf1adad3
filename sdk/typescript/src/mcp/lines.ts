/** The lines of a text that comes in pieces; one that the end cuts off is none. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let begun: string[] = []; // joined once: what an agent is shown of a picture is one long line
  let carried = "";
  for await (const piece of pieces) {
    const text = carried + piece;
    carried = text.endsWith("\r") ? "\r" : ""; // the other half of its line end may be next
    const [end = "", ...rest] = text.slice(0, text.length - carried.length).split(/\r\n|\n|\r/);
    begun.push(end);
    for (const next of rest) {
      yield begun.join("");
      begun = [next];
    }
  }
}

/** The data of each event of a `text/event-stream`; comments, which keep connections alive, are left out. */
export async function* eventsOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void, undefined> {
  let data: string[] = [];
  for await (const line of linesOf(body.pipeThrough(new TextDecoderStream()))) {
    if (line.startsWith("data:")) data.push(line.slice("data:".length).trimStart());
    if (line !== "" || data.length === 0) continue;
    yield data.join("\n");
    data = [];
  }
}

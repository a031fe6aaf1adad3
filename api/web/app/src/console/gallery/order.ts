// The order in which files were last listed: the file page goes to the next and the previous one.

let ids: string[] = [];

export function keepOrder(listed: string[]): void {
  ids = listed;
}

export function neighboursOf(id: string): { previous: string | undefined; next: string | undefined } {
  const at = ids.indexOf(id);
  return at < 0 ? { previous: undefined, next: undefined } : { previous: ids[at - 1], next: ids[at + 1] };
}

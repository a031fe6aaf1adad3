// What is typed into a form.

/** What is no number stays as it was typed, for the API to say what is wrong with it; nothing is `undefined`. */
export function numberOf(text: string): number | string | undefined {
  const value = Number(text);
  return text.trim() ? (Number.isFinite(value) ? value : text.trim()) : undefined;
}

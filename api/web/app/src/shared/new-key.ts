// Idempotency keys and digests as text.

/** An idempotency key. `crypto.randomUUID` is there under https only, and Assay is used in plain networks too. */
export function newKey(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// What makes something new is done once, however often it is sent: an answer that was lost is asked for again.
import { useRef } from "preact/hooks";
import { newKey } from "./new-key";

/** Headers of a request with its body: the same key for every try of the same, another one once the form has changed. */
export function useOnce(): (body: unknown) => { "Idempotency-Key": string } {
  const last = useRef({ text: "", key: "" });
  return (body) => {
    const text = JSON.stringify(body);
    if (last.current.text !== text) last.current = { text, key: newKey() };
    return { "Idempotency-Key": last.current.key };
  };
}

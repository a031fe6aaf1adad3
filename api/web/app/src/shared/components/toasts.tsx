// Short messages about what was just done.
import { signal } from "@preact/signals";
import { strings } from "../../strings";
import { ApiFailure } from "../failure";
import { IconButton } from "./button";

interface Toast {
  id: number;
  text: string;
  isFailure: boolean;
}

const SHOWN_MS = 6000;
const toasts = signal<Toast[]>([]);
let count = 0;

export function toast(text: string, { isFailure = false } = {}): void {
  const id = ++count;
  toasts.value = [...toasts.value.slice(-2), { id, text, isFailure }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Say what went wrong; a fault of our own code is thrown on. */
export function toastFailure(error: unknown): void {
  if (!(error instanceof ApiFailure)) throw error;
  toast(error.requestId ? `${error.message} (${error.requestId})` : error.message, { isFailure: true });
}

/** The place of the messages; it has to be on every page, since only what changes is read out. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast${one.isFailure ? " toast-bad" : ""}`}>
          <span class="wrap-anywhere">{one.text}</span>
          <IconButton icon="close" size="small" label={strings.actions.dismiss} onClick={() => dismiss(one.id)} />
        </div>
      ))}
    </div>
  );
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useAttempt } from "../attempt";
import { strings } from "../../strings";
import { Button, IconButton } from "./button";
import { FailureNotice } from "./states";

interface DialogProps {
  title: string;
  isWide?: boolean;
  /** By a click beside it; not where something would be lost by that, as what was typed. */
  closesOutside?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** A window over the page: the browser keeps the focus in it, closes it with Escape and gives the focus back. */
export function Dialog({ title, isWide = false, closesOutside = true, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Where the press began: a selection that ends beside the dialog is a click on it too.
  const pressed = useRef<EventTarget | null>(null);
  const isFilled = useRef(false);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => (before as HTMLElement | null)?.focus?.();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`dialog${isWide ? " dialog-wide" : ""}`}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onInput={() => (isFilled.current = true)}
      onPointerDown={(event) => (pressed.current = event.target)}
      onClick={({ target }) => {
        const isBeside = target === dialog.current && pressed.current === target;
        if (isBeside && closesOutside && !isFilled.current) onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={strings.actions.close} onClick={onClose} />
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  action: string;
  isDangerous?: boolean;
  /** What is done; the dialog waits for it, shows its failure, and closes when it went well. */
  onConfirm: () => Promise<unknown>;
  /** After it was done, and by default when the person does not want it. */
  onClose?: () => void;
  onCancel?: () => void;
  children?: ComponentChildren;
}

/** Asks before something is done that cannot be undone. */
export function ConfirmDialog({
  title,
  action,
  isDangerous = false,
  onConfirm,
  onClose = () => undefined,
  onCancel = onClose,
  children,
}: ConfirmProps) {
  const { failure, isBusy, run } = useAttempt(async () => {
    await onConfirm();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onCancel}>
      {children}
      {failure && <FailureNotice failure={failure} />}
      <div class="dialog-actions">
        <Button onClick={onCancel}>{strings.actions.cancel}</Button>
        <Button look={isDangerous ? "danger" : "primary"} isBusy={isBusy} onClick={run}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}

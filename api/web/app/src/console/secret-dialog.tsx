import { Button, CopyButton } from "../shared/components/button";
import { Dialog } from "../shared/components/dialog";
import { strings } from "../strings";

export function Secret({ text }: { text: string }) {
  return (
    <div class="secret">
      <code class="wrap-anywhere">{text}</code>
      <CopyButton text={text} />
    </div>
  );
}

/** Shows a secret, which the server tells once. */
export function SecretDialog({
  title,
  hint,
  secret,
  onClose,
}: {
  title: string;
  hint?: string;
  secret: string;
  onClose: () => void;
}) {
  return (
    <Dialog title={title} closesOutside={false} onClose={onClose}>
      <div class="notice notice-warn">{strings.shownOnce}</div>
      <Secret text={secret} />
      {hint && <p class="muted small">{hint}</p>}
      <div class="dialog-actions">
        <Button look="primary" onClick={onClose}>
          {strings.actions.close}
        </Button>
      </div>
    </Dialog>
  );
}

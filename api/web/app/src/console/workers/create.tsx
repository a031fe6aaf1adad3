import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { useAttempt } from "../../shared/attempt";
import { Button } from "../../shared/components/button";
import { Dialog } from "../../shared/components/dialog";
import { TextField } from "../../shared/components/field";
import { FailureNotice } from "../../shared/components/states";
import { toast } from "../../shared/components/toasts";
import { useOnce } from "../../shared/once";
import type { Worker } from "../../shared/types";
import { strings } from "../../strings";

const TEXT = strings.console.workers;

export function CreateWorker({ onCreated, onClose }: { onCreated: (worker: Worker) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const once = useOnce();
  const { failure, isBusy, run } = useAttempt(async () => {
    const body = { name: name.trim(), ...(email.trim() ? { email: email.trim() } : {}) };
    const worker = await api.post("/v1/workers", { body, headers: once(body) });
    toast(TEXT.created(worker.name));
    onCreated(worker);
  });
  return (
    <Dialog title={TEXT.create} onClose={onClose}>
      <form class="stack" onSubmit={run} noValidate>
        <TextField
          label={TEXT.name}
          error={failure?.of("name")}
          maxLength={200}
          required
          value={name}
          onText={setName}
        />
        <TextField
          label={TEXT.email}
          hint={TEXT.emailHint}
          error={failure?.of("email")}
          type="email"
          value={email}
          onText={setEmail}
        />
        {failure && <FailureNotice failure={failure} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>{strings.actions.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {TEXT.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

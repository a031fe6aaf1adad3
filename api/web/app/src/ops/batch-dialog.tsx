import { useState } from "preact/hooks";
import { api } from "../shared/api";
import { Button } from "../shared/components/button";
import { Dialog } from "../shared/components/dialog";
import { TextField } from "../shared/components/field";
import { FailureNotice } from "../shared/components/states";
import { toast } from "../shared/components/toasts";
import type { ApiFailure } from "../shared/failure";
import { asFailure } from "../shared/loading";
import type { BatchUpdate, OpsModel } from "../shared/types";
import { strings } from "../strings";
import { look, noteChange } from "./watch";

const words = strings.ops.batch;
const MS = 1000;
const FIELDS = ["max_items", "max_cost", "wait_seconds", "concurrent"];

function isNumber(text: string): boolean {
  return Boolean(text.trim()) && Number.isFinite(Number(text));
}

interface BatchDialogProps {
  model: OpsModel;
  name: string;
  unit: string;
  onClose: () => void;
}

/** Changes how a model's batches form, from the next one on. */
export function BatchDialog({ model, name, unit, onClose }: BatchDialogProps) {
  const [given, setGiven] = useState({
    max_items: String(model.batch.max_items),
    max_cost: String(model.batch.max_cost),
    wait_ms: String(model.batch.wait_seconds * MS),
    concurrent: String(model.batch.concurrent),
  });
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const field = (key: keyof typeof given, sent: string) => ({
    type: "text" as const,
    inputmode: "decimal" as const,
    required: true,
    value: given[key],
    error: isNumber(given[key]) ? failure?.of(sent) : words.number,
    onText: (text: string) => setGiven({ ...given, [key]: text }),
  });
  const save = async (event: Event) => {
    event.preventDefault();
    if (!Object.values(given).every(isNumber)) return; // each says so
    setBusy(true);
    setFailure(undefined);
    try {
      const body: BatchUpdate = {
        max_items: Number(given.max_items),
        max_cost: Number(given.max_cost),
        wait_seconds: Number(given.wait_ms) / MS,
        concurrent: Number(given.concurrent),
      };
      await api.patch("/v1/ops/models/{role}/batch", { path: { role: model.role }, body });
      noteChange(model.role);
      toast(words.saved(name));
      onClose();
      await look();
    } catch (error) {
      setFailure(asFailure(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={words.title(name)} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <p class="muted">{words.lead}</p>
        <div class="fields">
          <TextField
            label={words.maxItems}
            hint={words.maxItemsHint(model.max_ongoing_requests)}
            {...field("max_items", "max_items")}
          />
          <TextField label={words.wait} hint={words.waitHint} {...field("wait_ms", "wait_seconds")} />
          <TextField label={words.maxCost(unit)} hint={words.maxCostHint} {...field("max_cost", "max_cost")} />
          <TextField label={words.concurrent} hint={words.concurrentHint} {...field("concurrent", "concurrent")} />
        </div>
        {failure && !FIELDS.some((name) => failure.of(name)) && <FailureNotice failure={failure} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>{strings.actions.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {words.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { useAttempt } from "../../shared/attempt";
import { Button } from "../../shared/components/button";
import { Dialog } from "../../shared/components/dialog";
import { CheckField, TextField } from "../../shared/components/field";
import { FailureNotice } from "../../shared/components/states";
import { useOnce } from "../../shared/once";
import type { WebhookEndpoint } from "../../shared/types";
import { strings } from "../../strings";

const TEXT = strings.console.webhooks;
const ALL = "*" as const;
type EventName = WebhookEndpoint["events"][number];

const EVENTS: EventName[] = [
  "submission.scored",
  "submission.approved",
  "submission.rejected",
  "submission.needs_review",
  "job.completed",
  "job.cancelled",
  "job.timed_out",
  "credits.low_balance",
  "export.completed",
];

interface EndpointFormProps {
  /** `undefined` for a new one. */
  endpoint?: WebhookEndpoint;
  onSaved: (endpoint: WebhookEndpoint, secret?: string) => void;
  onClose: () => void;
}

export function EndpointForm({ endpoint, onSaved, onClose }: EndpointFormProps) {
  const [url, setUrl] = useState(endpoint?.url ?? "");
  const [description, setDescription] = useState(endpoint?.description ?? "");
  const [events, setEvents] = useState<EventName[]>(endpoint?.events ?? [ALL]);
  const wantsAll = events.includes(ALL);
  const once = useOnce();
  const { failure, isBusy, run } = useAttempt(async () => {
    const body = { url: url.trim(), description: description.trim() || null, events };
    if (endpoint) {
      const path = { endpoint_id: endpoint.id };
      onSaved(await api.patch("/v1/webhook_endpoints/{endpoint_id}", { path, body }));
    } else {
      const made = await api.post("/v1/webhook_endpoints", { body, headers: once(body) });
      onSaved(made, made.secret);
    }
  });
  return (
    <Dialog title={endpoint ? TEXT.editTitle : TEXT.create} onClose={onClose}>
      <form class="stack" onSubmit={run} noValidate>
        <TextField
          label={TEXT.url}
          hint={TEXT.urlHint}
          error={failure?.of("url")}
          type="url"
          required
          maxLength={2000}
          placeholder="https://"
          value={url}
          onText={setUrl}
        />
        <TextField label={TEXT.description} maxLength={500} value={description} onText={setDescription} />
        <fieldset class="stack-s">
          <legend class="label">{TEXT.events}</legend>
          <CheckField
            label={TEXT.allEvents}
            isChecked={wantsAll}
            onCheck={(isWanted) => setEvents(isWanted ? [ALL] : [...EVENTS])}
          />
          {!wantsAll && (
            <div class="scopes">
              {EVENTS.map((name) => (
                <CheckField
                  key={name}
                  label={<code>{name}</code>}
                  isChecked={events.includes(name)}
                  onCheck={(isWanted) =>
                    setEvents(isWanted ? [...events, name] : events.filter((other) => other !== name))
                  }
                />
              ))}
            </div>
          )}
        </fieldset>
        {failure && <FailureNotice failure={failure} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>{strings.actions.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy} disabled={!events.length}>
            {endpoint ? TEXT.save : TEXT.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Age } from "../../shared/components/age";
import { Button, CopyButton } from "../../shared/components/button";
import { Dialog } from "../../shared/components/dialog";
import { EmptyState } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { PagedTable, type Column } from "../../shared/components/table";
import { toast, toastFailure } from "../../shared/components/toasts";
import { formatAge } from "../../shared/format";
import { usePages } from "../../shared/loading";
import { may } from "../../shared/session";
import type { WebhookEndpoint, WebhookEventWithDeliveries } from "../../shared/types";
import { strings } from "../../strings";

const TEXT = strings.console.webhooks;

/** Every event with its deliveries; one that failed is sent again from here. */
export function EventLog({ endpoints }: { endpoints: WebhookEndpoint[] }) {
  const [shown, setShown] = useState<WebhookEventWithDeliveries | null>(null);
  const pages = usePages(
    (cursor, signal) => api.get("/v1/webhook_events", { query: { limit: 25, ...(cursor ? { cursor } : {}) }, signal }),
    [],
  );
  const replay = async (event: WebhookEventWithDeliveries) => {
    try {
      const again = await api.post("/v1/webhook_events/{event_id}/replay", { path: { event_id: event.id } });
      pages.update((one) => (one.id === again.id ? again : one));
      toast(TEXT.replayed);
    } catch (error) {
      toastFailure(error);
    }
  };
  const columns: Column<WebhookEventWithDeliveries>[] = [
    { title: TEXT.logColumns.type, isLead: true, cell: (event) => <code>{event.type}</code> },
    { title: TEXT.logColumns.about, cell: (event) => <code class="small">{String(event.data["id"] ?? "–")}</code> },
    {
      title: TEXT.logColumns.deliveries,
      cell: (event) => <Deliveries event={event} endpoints={endpoints} />,
    },
    {
      title: TEXT.logColumns.when,
      cell: (event) => <Age of={event.created_at} />,
    },
    {
      title: TEXT.logColumns.actions,
      cell: (event) => (
        <span class="row actions">
          <Button size="small" look="quiet" onClick={() => setShown(event)}>
            {TEXT.payload}
          </Button>
          {may("webhooks:write") && (
            <Button size="small" icon="reload" onClick={() => void replay(event)}>
              {TEXT.replay}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <section class="card card-flush">
      <header>
        <h2>{TEXT.log}</h2>
        <Button size="small" icon="reload" look="quiet" onClick={pages.reload}>
          {strings.actions.reload}
        </Button>
      </header>
      <PagedTable
        caption={TEXT.logCaption}
        columns={columns}
        pages={pages}
        keyOf={(event) => event.id}
        empty={<EmptyState icon="hook" title={TEXT.logEmpty} />}
      />
      {shown && <Payload event={shown} onClose={() => setShown(null)} />}
    </section>
  );
}

function Deliveries({ event, endpoints }: { event: WebhookEventWithDeliveries; endpoints: WebhookEndpoint[] }) {
  if (!event.deliveries.length) return <span class="small muted">{TEXT.notSent}</span>;
  return (
    <ul class="stack-s">
      {event.deliveries.map((one) => (
        <li key={one.endpoint_id} class="stack-s">
          <span class="row">
            <Status of={one.status} />
            <span class="small muted">
              {TEXT.attempts(one.attempts)}
              {one.last_status !== null && ` · HTTP ${one.last_status}`}
              {one.next_attempt_at && ` · ${TEXT.nextAttempt(formatAge(one.next_attempt_at))}`}
            </span>
          </span>
          <span class="small muted wrap-anywhere">
            {endpoints.find((endpoint) => endpoint.id === one.endpoint_id)?.url ?? one.endpoint_id}
          </span>
          {one.last_error && <span class="small wrap-anywhere">{one.last_error}</span>}
        </li>
      ))}
    </ul>
  );
}

function Payload({ event, onClose }: { event: WebhookEventWithDeliveries; onClose: () => void }) {
  const text = JSON.stringify(event.data, null, 2);
  return (
    <Dialog title={`${TEXT.payloadTitle} ${event.id}`} isWide onClose={onClose}>
      <div>
        <CopyButton text={text} />
      </div>
      <pre class="payload" tabIndex={0}>
        {text}
      </pre>
    </Dialog>
  );
}

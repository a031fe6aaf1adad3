import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Button } from "../../shared/components/button";
import { ConfirmDialog } from "../../shared/components/dialog";
import { EmptyState } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { PagedTable, type Column } from "../../shared/components/table";
import { toast, toastFailure } from "../../shared/components/toasts";
import { usePages } from "../../shared/loading";
import { may } from "../../shared/session";
import { useTitle } from "../../shared/title";
import type { WebhookEndpoint } from "../../shared/types";
import { strings } from "../../strings";
import { SecretDialog } from "../secret-dialog";
import { EndpointForm } from "./endpoint-form";
import { EventLog } from "./event-log";
import { AccountHead } from "./tabs";

const TEXT = strings.console.webhooks;

type Open =
  | { action: "create" }
  | { action: "edit" | "rotate" | "remove"; endpoint: WebhookEndpoint }
  | { action: "secret"; secret: string }
  | null;

/** Where events are posted to, and what became of them. */
export function Webhooks() {
  const [open, setOpen] = useState<Open>(null);
  const pages = usePages(
    (cursor, signal) =>
      api.get("/v1/webhook_endpoints", { query: { limit: 50, ...(cursor ? { cursor } : {}) }, signal }),
    [],
  );
  const canWrite = may("webhooks:write");
  const put = (endpoint: WebhookEndpoint) => pages.update((one) => (one.id === endpoint.id ? endpoint : one));
  const toggle = async (endpoint: WebhookEndpoint) => {
    const status = endpoint.status === "enabled" ? "disabled" : "enabled";
    const path = { endpoint_id: endpoint.id };
    try {
      put(await api.patch("/v1/webhook_endpoints/{endpoint_id}", { path, body: { status } }));
    } catch (error) {
      toastFailure(error);
    }
  };
  useTitle(TEXT.endpoints);
  return (
    <>
      <AccountHead>
        {canWrite && (
          <Button look="primary" icon="plus" onClick={() => setOpen({ action: "create" })}>
            {TEXT.create}
          </Button>
        )}
      </AccountHead>
      <section class="card card-flush">
        <header>
          <h2>{TEXT.endpoints}</h2>
        </header>
        <PagedTable
          caption={TEXT.caption}
          columns={columnsOf(canWrite, setOpen, (endpoint) => void toggle(endpoint))}
          pages={pages}
          keyOf={(endpoint) => endpoint.id}
          empty={
            <EmptyState icon="hook" title={TEXT.empty}>
              <p>{TEXT.emptyLead}</p>
            </EmptyState>
          }
        />
      </section>
      <EventLog endpoints={pages.items} />
      <Dialogs open={open} onOpen={setOpen} onChange={put} onReload={pages.reload} />
    </>
  );
}

function columnsOf(
  canWrite: boolean,
  onOpen: (open: Open) => void,
  onToggle: (endpoint: WebhookEndpoint) => void,
): Column<WebhookEndpoint>[] {
  return [
    { title: TEXT.columns.url, isLead: true, cell: (endpoint) => <Address endpoint={endpoint} /> },
    {
      title: TEXT.columns.events,
      cell: (endpoint) => (
        <span class="small wrap-anywhere">
          {endpoint.events.includes("*") ? TEXT.allEvents : endpoint.events.join(", ")}
        </span>
      ),
    },
    { title: TEXT.columns.status, cell: (endpoint) => <Status of={endpoint.status} /> },
    {
      title: TEXT.columns.actions,
      cell: (endpoint) =>
        canWrite && (
          <span class="row actions">
            <Button size="small" onClick={() => onOpen({ action: "edit", endpoint })}>
              {TEXT.edit}
            </Button>
            <Button size="small" look="quiet" onClick={() => onToggle(endpoint)}>
              {endpoint.status === "enabled" ? TEXT.disable : TEXT.enable}
            </Button>
            <Button size="small" look="quiet" onClick={() => onOpen({ action: "rotate", endpoint })}>
              {TEXT.rotate}
            </Button>
            <Button size="small" look="danger" onClick={() => onOpen({ action: "remove", endpoint })}>
              {TEXT.remove}
            </Button>
          </span>
        ),
    },
  ];
}

function Address({ endpoint }: { endpoint: WebhookEndpoint }) {
  return (
    <span class="stack-s">
      <code class="wrap-anywhere">{endpoint.url}</code>
      {endpoint.description && <span class="small muted wrap-anywhere">{endpoint.description}</span>}
      {endpoint.disabled_reason && <span class="small field-error wrap-anywhere">{endpoint.disabled_reason}</span>}
    </span>
  );
}

interface DialogsProps {
  open: Open;
  onOpen: (open: Open) => void;
  onChange: (endpoint: WebhookEndpoint) => void;
  onReload: () => void;
}

function Dialogs({ open, onOpen, onChange, onReload }: DialogsProps) {
  const close = () => onOpen(null);
  switch (open?.action) {
    case "create":
      return (
        <EndpointForm
          onClose={close}
          onSaved={(_, secret) => {
            onReload();
            onOpen(secret ? { action: "secret", secret } : null);
          }}
        />
      );
    case "edit":
      return (
        <EndpointForm
          endpoint={open.endpoint}
          onClose={close}
          onSaved={(endpoint) => {
            onChange(endpoint);
            close();
          }}
        />
      );
    case "secret":
      return <SecretDialog title={TEXT.secret} secret={open.secret} onClose={close} />;
    case "rotate":
      return (
        <ConfirmDialog
          title={TEXT.rotateTitle}
          action={TEXT.rotate}
          onCancel={close}
          onConfirm={async () => {
            const path = { endpoint_id: open.endpoint.id };
            const { secret } = await api.post("/v1/webhook_endpoints/{endpoint_id}/rotate_secret", { path });
            onOpen({ action: "secret", secret });
          }}
        >
          <p>{TEXT.rotateLead}</p>
        </ConfirmDialog>
      );
    case "remove":
      return (
        <ConfirmDialog
          title={TEXT.removeTitle}
          action={TEXT.remove}
          isDangerous
          onClose={close}
          onConfirm={async () => {
            await api.delete("/v1/webhook_endpoints/{endpoint_id}", { path: { endpoint_id: open.endpoint.id } });
            toast(TEXT.removed);
            onReload();
          }}
        >
          <p>{TEXT.removeLead}</p>
        </ConfirmDialog>
      );
    default:
      return null;
  }
}

import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { useAttempt } from "../../shared/attempt";
import { Age } from "../../shared/components/age";
import { Badge } from "../../shared/components/badge";
import { Button } from "../../shared/components/button";
import { ConfirmDialog, Dialog } from "../../shared/components/dialog";
import { CheckField, Segmented, TextField } from "../../shared/components/field";
import { EmptyState, FailureNotice } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { PagedTable, type Column } from "../../shared/components/table";
import { toast } from "../../shared/components/toasts";
import { formatTime } from "../../shared/format";
import { usePages } from "../../shared/loading";
import { useOnce } from "../../shared/once";
import { session } from "../../shared/session";
import { useTitle } from "../../shared/title";
import { numberOf } from "../../shared/typed";
import type { ApiKey, ApiKeyCreate } from "../../shared/types";
import { strings } from "../../strings";
import { SecretDialog } from "../secret-dialog";
import { AccountHead } from "./tabs";

const TEXT = strings.console.keys;

type Open =
  { action: "create" } | { action: "rotate" | "revoke"; key: ApiKey } | { action: "made"; secret: string } | null;

/** API keys: made once, rotated, revoked. */
export function Keys() {
  const [open, setOpen] = useState<Open>(null);
  const pages = usePages(
    (cursor, signal) => api.get("/v1/api_keys", { query: { limit: 50, ...(cursor ? { cursor } : {}) }, signal }),
    [],
  );
  const shown = (secret: string) => {
    pages.reload();
    setOpen({ action: "made", secret });
  };
  useTitle(TEXT.title);
  return (
    <>
      <AccountHead>
        <Button look="primary" icon="plus" onClick={() => setOpen({ action: "create" })}>
          {TEXT.create}
        </Button>
      </AccountHead>
      <section class="card card-flush">
        <PagedTable
          caption={TEXT.caption}
          columns={columnsOf(setOpen)}
          pages={pages}
          keyOf={(key) => key.id}
          empty={<EmptyState icon="key" title={TEXT.empty} />}
        />
      </section>
      {open?.action === "create" && <CreateKey onClose={() => setOpen(null)} onMade={shown} />}
      {open?.action === "made" && <SecretDialog title={TEXT.made} secret={open.secret} onClose={() => setOpen(null)} />}
      {open?.action === "rotate" && (
        <ConfirmDialog
          title={TEXT.rotateTitle(open.key.name)}
          action={TEXT.rotate}
          onCancel={() => setOpen(null)}
          onConfirm={async () =>
            shown((await api.post("/v1/api_keys/{key_id}/rotate", { path: { key_id: open.key.id } })).key)
          }
        >
          <p>{TEXT.rotateLead}</p>
        </ConfirmDialog>
      )}
      {open?.action === "revoke" && (
        <ConfirmDialog
          title={TEXT.revokeTitle(open.key.name)}
          action={TEXT.revoke}
          isDangerous
          onClose={() => setOpen(null)}
          onConfirm={async () => {
            await api.post("/v1/api_keys/{key_id}/revoke", { path: { key_id: open.key.id } });
            toast(TEXT.revoked(open.key.name));
            pages.reload();
          }}
        >
          <p>{TEXT.revokeLead}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function columnsOf(onOpen: (open: Open) => void): Column<ApiKey>[] {
  return [
    { title: TEXT.columns.name, isLead: true, cell: (key) => <Name apiKey={key} /> },
    { title: TEXT.columns.mode, cell: (key) => (key.livemode ? TEXT.live : <Badge tone="warn">{TEXT.test}</Badge>) },
    { title: TEXT.columns.status, cell: (key) => <Status of={key.status} /> },
    {
      title: TEXT.columns.scopes,
      cell: (key) => <span title={key.scopes.join(" ")}>{TEXT.all(key.scopes.length)}</span>,
    },
    {
      title: TEXT.columns.created,
      cell: (key) => <Age of={key.created_at} />,
    },
    {
      title: TEXT.columns.expires,
      cell: (key) => <span class="muted">{key.expires_at ? formatTime(key.expires_at) : TEXT.never}</span>,
    },
    {
      title: TEXT.columns.actions,
      cell: (key) =>
        (key.status === "active" || key.status === "expiring") && (
          <span class="row actions">
            {key.status === "active" && (
              <Button size="small" look="quiet" onClick={() => onOpen({ action: "rotate", key })}>
                {TEXT.rotate}
              </Button>
            )}
            <Button size="small" look="danger" onClick={() => onOpen({ action: "revoke", key })}>
              {TEXT.revoke}
            </Button>
          </span>
        ),
    },
  ];
}

function Name({ apiKey }: { apiKey: ApiKey }) {
  return (
    <span class="stack-s">
      <span class="row">
        <strong class="wrap-anywhere">{apiKey.name}</strong>
        {apiKey.id === session.value?.key_id && <Badge tone="info">{TEXT.thisOne}</Badge>}
      </span>
      <code class="small muted">{apiKey.key_prefix}…</code>
    </span>
  );
}

function CreateKey({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const mine = session.value;
  const offered = (mine?.scopes ?? []) as NonNullable<ApiKeyCreate["scopes"]>;
  const [name, setName] = useState("");
  const [mode, setMode] = useState<"live" | "test">(mine?.livemode ? "live" : "test");
  const [scopes, setScopes] = useState(offered.filter((scope) => !scope.startsWith("ops:")));
  const [days, setDays] = useState("");
  const once = useOnce();
  const { failure, isBusy, run } = useAttempt(async () => {
    const asked = { name: name.trim(), mode, scopes, expires_in_days: numberOf(days) };
    const made = await api.post("/v1/api_keys", { body: asked as ApiKeyCreate, headers: once(asked) });
    onMade(made.key);
  });
  return (
    <Dialog title={TEXT.create} onClose={onClose}>
      <form class="stack" onSubmit={run} noValidate>
        <TextField
          label={TEXT.name}
          error={failure?.of("name")}
          maxLength={100}
          required
          value={name}
          onText={setName}
        />
        <div>
          <Segmented
            label={TEXT.mode}
            value={mode}
            onChoice={setMode}
            choices={[
              { value: "live", label: TEXT.live },
              { value: "test", label: TEXT.test },
            ]}
          />
        </div>
        <fieldset class="stack-s">
          <legend class="label">{TEXT.scopes}</legend>
          <div class="scopes">
            {offered.map((scope) => (
              <CheckField
                key={scope}
                label={<code>{scope}</code>}
                isChecked={scopes.includes(scope)}
                onCheck={(isWanted) =>
                  setScopes(isWanted ? [...scopes, scope] : scopes.filter((other) => other !== scope))
                }
              />
            ))}
          </div>
          <span class="field-hint">{TEXT.scopesHint}</span>
        </fieldset>
        <TextField
          label={TEXT.expiry}
          hint={TEXT.expiryHint}
          error={failure?.of("expires_in_days")}
          inputMode="numeric"
          value={days}
          onText={setDays}
        />
        {failure && <FailureNotice failure={failure} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>{strings.actions.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy} disabled={!scopes.length}>
            {TEXT.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

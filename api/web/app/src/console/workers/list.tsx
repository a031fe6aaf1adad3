import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Age } from "../../shared/components/age";
import { Button } from "../../shared/components/button";
import { ConfirmDialog } from "../../shared/components/dialog";
import { Segmented, TextField } from "../../shared/components/field";
import { EmptyState } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { PagedTable, type Column } from "../../shared/components/table";
import { toast, toastFailure } from "../../shared/components/toasts";
import { formatMoney } from "../../shared/format";
import { usePages } from "../../shared/loading";
import { may, session } from "../../shared/session";
import { useTitle } from "../../shared/title";
import type { Worker } from "../../shared/types";
import { strings } from "../../strings";
import { SecretDialog } from "../secret-dialog";
import { CreateWorker } from "./create";
import { Invitation } from "./invitation";

const TEXT = strings.console.workers;
const FILTERS = ["", "active", "banned"] as const;

type Action = "invite" | "ban" | "rotate";
type Open = { action: Action; worker: Worker } | { action: "create" } | { action: "token"; token: string } | null;

/** The people who capture. */
export function Workers() {
  const [status, setStatus] = useState<(typeof FILTERS)[number]>("");
  const [open, setOpen] = useState<Open>(null);
  const pages = usePages(
    (cursor, signal) =>
      api.get("/v1/workers", {
        query: { limit: 50, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) },
        signal,
      }),
    [status],
  );
  const isLive = session.value?.livemode ?? false;
  const put = (worker: Worker) => pages.update((one) => (one.id === worker.id ? { ...one, ...worker } : one));
  useTitle(TEXT.title);
  return (
    <>
      <div class="page-head">
        <h1>{TEXT.title}</h1>
        {isLive && may("workers:manage") && (
          <Button look="primary" icon="plus" onClick={() => setOpen({ action: "create" })}>
            {TEXT.create}
          </Button>
        )}
      </div>
      {!isLive && <div class="notice">{TEXT.readOnly}</div>}
      <section class="card card-flush">
        <header>
          <Segmented
            label={TEXT.filter}
            value={status}
            onChoice={setStatus}
            choices={FILTERS.map((value) => ({
              value,
              label: value ? (strings.console.status[value] ?? value) : TEXT.all,
            }))}
          />
        </header>
        <PagedTable
          caption={TEXT.caption}
          columns={columnsOf(isLive, setOpen, put)}
          pages={pages}
          keyOf={(worker) => worker.id}
          empty={
            <EmptyState icon="people" title={status ? TEXT.emptyFiltered : TEXT.empty}>
              {!status && <p>{TEXT.emptyLead}</p>}
            </EmptyState>
          }
        />
      </section>
      <Dialogs open={open} onOpen={setOpen} onChange={put} onCreated={pages.reload} />
    </>
  );
}

function columnsOf(isLive: boolean, onOpen: (open: Open) => void, put: (worker: Worker) => void): Column<Worker>[] {
  return [
    { title: TEXT.columns.name, isLead: true, cell: (worker) => <Name worker={worker} /> },
    { title: TEXT.columns.status, cell: (worker) => <Status of={worker.status} /> },
    { title: TEXT.columns.strikes, isNumeric: true, cell: (worker) => worker.strikes },
    { title: TEXT.columns.earned, isNumeric: true, cell: (worker) => formatMoney(worker.earned_credits) },
    {
      title: TEXT.columns.created,
      cell: (worker) => <Age of={worker.created_at} />,
    },
    {
      title: TEXT.columns.actions,
      cell: (worker) => isLive && <Actions worker={worker} onOpen={onOpen} onChange={put} />,
    },
  ];
}

function Name({ worker }: { worker: Worker }) {
  return (
    <span class="stack-s">
      <strong class="wrap-anywhere">{worker.name}</strong>
      {worker.email && <span class="small muted wrap-anywhere">{worker.email}</span>}
      {worker.banned_reason && <span class="small muted wrap-anywhere">{worker.banned_reason}</span>}
    </span>
  );
}

interface ActionsProps {
  worker: Worker;
  onOpen: (open: Open) => void;
  onChange: (worker: Worker) => void;
}

function Actions({ worker, onOpen, onChange }: ActionsProps) {
  const [isBusy, setBusy] = useState(false);
  const unban = async () => {
    setBusy(true);
    try {
      onChange(await api.post("/v1/workers/{worker_id}/unban", { path: { worker_id: worker.id } }));
      toast(TEXT.unbanned(worker.name));
    } catch (error) {
      toastFailure(error);
    }
    setBusy(false);
  };
  return (
    <span class="row actions">
      {worker.status === "banned" ? (
        <Button size="small" isBusy={isBusy} onClick={() => void unban()}>
          {TEXT.unban}
        </Button>
      ) : (
        <>
          <Button size="small" icon="link" onClick={() => onOpen({ action: "invite", worker })}>
            {TEXT.invite}
          </Button>
          <Button size="small" look="quiet" onClick={() => onOpen({ action: "rotate", worker })}>
            {TEXT.rotate}
          </Button>
          <Button size="small" look="danger" onClick={() => onOpen({ action: "ban", worker })}>
            {TEXT.ban}
          </Button>
        </>
      )}
    </span>
  );
}

interface DialogsProps {
  open: Open;
  onOpen: (open: Open) => void;
  onChange: (worker: Worker) => void;
  onCreated: () => void;
}

function Dialogs({ open, onOpen, onChange, onCreated }: DialogsProps) {
  const close = () => onOpen(null);
  switch (open?.action) {
    case "create":
      return (
        <CreateWorker
          onClose={close}
          onCreated={(worker) => {
            onCreated();
            onOpen({ action: "invite", worker });
          }}
        />
      );
    case "invite":
      return <Invitation worker={open.worker} onClose={close} />;
    case "token":
      return <SecretDialog title={TEXT.token} hint={TEXT.tokenHint} secret={open.token} onClose={close} />;
    case "ban":
      return <BanWorker worker={open.worker} onClose={close} onChange={onChange} />;
    case "rotate":
      return (
        <ConfirmDialog
          title={TEXT.rotateTitle(open.worker.name)}
          action={TEXT.rotate}
          isDangerous
          onCancel={close}
          onConfirm={async () => {
            const made = await api.post("/v1/workers/{worker_id}/rotate_token", {
              path: { worker_id: open.worker.id },
            });
            onOpen({ action: "token", token: made.token });
          }}
        >
          <p>{TEXT.rotateLead}</p>
        </ConfirmDialog>
      );
    default:
      return null;
  }
}

interface BanProps {
  worker: Worker;
  onClose: () => void;
  onChange: (worker: Worker) => void;
}

function BanWorker({ worker, onClose, onChange }: BanProps) {
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      title={TEXT.banTitle(worker.name)}
      action={TEXT.ban}
      isDangerous
      onClose={onClose}
      onConfirm={async () => {
        const body = reason.trim() ? { reason: reason.trim() } : {};
        onChange(await api.post("/v1/workers/{worker_id}/ban", { path: { worker_id: worker.id }, body }));
        toast(TEXT.banned(worker.name));
      }}
    >
      <p>{TEXT.banLead}</p>
      <TextField label={TEXT.reason} hint={TEXT.reasonHint} maxLength={500} value={reason} onText={setReason} />
    </ConfirmDialog>
  );
}

import { useEffect, useState } from "preact/hooks";
import { api, sameOrigin } from "../../shared/api";
import { Age } from "../../shared/components/age";
import { Button, LinkButton } from "../../shared/components/button";
import { SelectField } from "../../shared/components/field";
import { Status } from "../../shared/components/status";
import { PagedTable, type Column } from "../../shared/components/table";
import { toast, toastFailure } from "../../shared/components/toasts";
import { formatBytes } from "../../shared/format";
import { usePages } from "../../shared/loading";
import { may } from "../../shared/session";
import type { Export, ExportCreate, Job } from "../../shared/types";
import { strings } from "../../strings";

const TEXT = strings.console.exports;
const POLL_MS = 1500;
const LONGEST_PAUSE_MS = 30_000;
type Format = ExportCreate["format"];

const COLUMNS: Column<Export>[] = [
  { title: TEXT.columns.format, isLead: true, cell: (one) => TEXT.formats[one.format] },
  { title: TEXT.columns.status, cell: (one) => <State of={one} /> },
  {
    title: TEXT.columns.size,
    isNumeric: true,
    cell: (one) =>
      one.size_bytes === null ? "–" : `${TEXT.files(one.file_count ?? 0)} · ${formatBytes(one.size_bytes)}`,
  },
  {
    title: TEXT.columns.made,
    cell: (one) => <Age of={one.created_at} />,
  },
  {
    title: TEXT.columns.action,
    cell: (one) =>
      one.download_url && (
        <LinkButton size="small" icon="download" href={sameOrigin(one.download_url)} download>
          {strings.actions.download}
        </LinkButton>
      ),
  },
];

/** Datasets of the job's approved files: made in the background, downloaded from here. */
export function Exports({ job }: { job: Job }) {
  const [format, setFormat] = useState<Format>("jsonl");
  const [isBusy, setBusy] = useState(false);
  const pages = usePages(
    (cursor, signal) =>
      api.get("/v1/jobs/{job_id}/exports", {
        path: { job_id: job.id },
        query: { limit: 10, ...(cursor ? { cursor } : {}) },
        signal,
      }),
    [job.id],
  );
  useUnfinished(pages.items, pages.update);
  const begin = async () => {
    setBusy(true);
    try {
      await api.post("/v1/jobs/{job_id}/exports", { path: { job_id: job.id }, body: { format } });
      toast(TEXT.started);
      pages.reload();
    } catch (error) {
      toastFailure(error);
    }
    setBusy(false);
  };
  if (!may("files:read")) return null;
  const formats = (Object.keys(TEXT.formats) as Format[])
    .filter((one) => one !== "coco" || job.content_type === "image")
    .map((value) => ({ value, label: TEXT.formats[value] }));
  return (
    <section class="card card-flush">
      <header>
        <div>
          <h2>{TEXT.title}</h2>
          <p class="muted small">{TEXT.lead}</p>
        </div>
        <div class="row export-form">
          <SelectField label={TEXT.format} choices={formats} value={format} onChoice={setFormat} />
          <Button icon="download" isBusy={isBusy} onClick={() => void begin()}>
            {TEXT.start}
          </Button>
        </div>
      </header>
      <PagedTable
        caption={TEXT.caption}
        columns={COLUMNS}
        pages={pages}
        keyOf={(one) => one.id}
        empty={<p class="muted">{TEXT.empty}</p>}
      />
    </section>
  );
}

/** Look again at exports that are not done. */
function useUnfinished(all: Export[], update: (change: (one: Export) => Export) => void): void {
  const open = all.filter((one) => one.status === "pending" || one.status === "running").map((one) => one.id);
  useEffect(() => {
    if (!open.length) return;
    const aborter = new AbortController();
    const { signal } = aborter;
    let pause = POLL_MS;
    const look = async () => {
      try {
        for (const id of document.hidden ? [] : open) {
          const found = await api.get("/v1/exports/{export_id}", { path: { export_id: id }, signal });
          update((one) => (one.id === found.id ? found : one));
        }
        pause = POLL_MS;
      } catch {
        pause = Math.min(2 * pause, LONGEST_PAUSE_MS); // a later look finds it
      }
      if (!signal.aborted) timer = setTimeout(() => void look(), pause);
    };
    let timer = setTimeout(() => void look(), pause);
    return () => {
      clearTimeout(timer);
      aborter.abort();
    };
  }, [open.join()]);
}

function State({ of }: { of: Export }) {
  return (
    <span class="row">
      {(of.status === "pending" || of.status === "running") && <span class="spinner" aria-hidden="true" />}
      <Status of={of.status} />
      {of.error && <span class="small wrap-anywhere">{of.error}</span>}
    </span>
  );
}

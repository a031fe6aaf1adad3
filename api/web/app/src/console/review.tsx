import { useEffect } from "preact/hooks";
import { api } from "../shared/api";
import { Age } from "../shared/components/age";
import { LinkButton } from "../shared/components/button";
import { EmptyState } from "../shared/components/states";
import { PagedTable, type Column } from "../shared/components/table";
import { useLoaded, usePages } from "../shared/loading";
import { useTitle } from "../shared/title";
import type { Submission } from "../shared/types";
import { strings } from "../strings";
import { previewUrl } from "./file/preview";
import { keepOrder } from "./gallery/order";

const TEXT = strings.console.review;

function columnsOf(titles: Record<string, string>): Column<Submission>[] {
  return [
    { title: TEXT.columns.file, isLead: true, cell: (one) => <Shown submission={one} /> },
    { title: TEXT.columns.why, cell: (one) => <span class="wrap-anywhere">{one.failure ?? one.feedback ?? "–"}</span> },
    {
      title: TEXT.columns.job,
      cell: (one) => (
        <a class="wrap-anywhere" href={`/console/jobs/${one.job_id}`}>
          {titles[one.job_id] ?? one.job_id}
        </a>
      ),
    },
    {
      title: TEXT.columns.waiting,
      cell: (one) => <Age of={one.updated_at} />,
    },
    {
      title: TEXT.columns.actions,
      cell: (one) => (
        <LinkButton size="small" href={`/console/files/${one.id}`}>
          {TEXT.open}
        </LinkButton>
      ),
    },
  ];
}

/** What waits for a person, over all jobs. */
export function Review() {
  const pages = usePages(
    (cursor, signal) =>
      api.get("/v1/submissions", {
        query: { status: "needs_review", limit: 50, ...(cursor ? { cursor } : {}) },
        signal,
      }),
    [],
  );
  // Jobs beyond the newest hundred are named by their id.
  const jobs = useLoaded((signal) => api.get("/v1/jobs", { query: { limit: 100 }, signal }), []);
  const titles = Object.fromEntries((jobs.data?.data ?? []).map((job) => [job.id, job.title]));
  useEffect(() => keepOrder(pages.items.map((one) => one.id)), [pages.items]);
  useTitle(TEXT.title);
  return (
    <>
      <div class="stack-s">
        <h1>{TEXT.title}</h1>
        <p class="muted">{TEXT.lead}</p>
      </div>
      <section class="card card-flush">
        <PagedTable
          caption={TEXT.caption}
          columns={columnsOf(titles)}
          pages={pages}
          keyOf={(one) => one.id}
          empty={
            <EmptyState icon="check" title={TEXT.empty}>
              <p>{TEXT.emptyLead}</p>
            </EmptyState>
          }
        />
      </section>
    </>
  );
}

function Shown({ submission }: { submission: Submission }) {
  return (
    <a class="review-file" href={`/console/files/${submission.id}`}>
      <img
        src={previewUrl(submission, "thumbnail.jpg")}
        alt=""
        loading="lazy"
        onError={(event) => (event.currentTarget.hidden = true)}
      />
      <span class="wrap-anywhere">{submission.filename ?? submission.id}</span>
    </a>
  );
}

import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Age } from "../../shared/components/age";
import { LinkButton } from "../../shared/components/button";
import { Segmented } from "../../shared/components/field";
import { Icon, type IconName } from "../../shared/components/icon";
import { EmptyState } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { PagedTable, type Column } from "../../shared/components/table";
import { formatMoney } from "../../shared/format";
import { usePages } from "../../shared/loading";
import { may } from "../../shared/session";
import { useTitle } from "../../shared/title";
import type { Job } from "../../shared/types";
import { strings } from "../../strings";
import { ProgressBar } from "./progress";

const TEXT = strings.console.jobs;
const FILTERS = ["", "active", "completed", "cancelled", "timed_out"] as const;
export const KIND_ICONS: Record<Job["content_type"], IconName> = { image: "image", audio: "audio", video: "video" };

const COLUMNS: Column<Job>[] = [
  { title: TEXT.columns.title, isLead: true, cell: (job) => <JobName job={job} /> },
  { title: TEXT.columns.progress, cell: (job) => <Progress job={job} /> },
  { title: TEXT.columns.status, cell: (job) => <Status of={job.status} /> },
  { title: TEXT.columns.cost, isNumeric: true, cell: (job) => formatMoney(job.spent_credits) },
  {
    title: TEXT.columns.created,
    cell: (job) => <Age of={job.created_at} />,
  },
];

export function Jobs() {
  const [status, setStatus] = useState<(typeof FILTERS)[number]>("");
  const pages = usePages(
    (cursor, signal) =>
      api.get("/v1/jobs", {
        query: { limit: 25, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) },
        signal,
      }),
    [status],
  );
  useTitle(TEXT.title);
  return (
    <>
      <div class="page-head">
        <h1>{TEXT.title}</h1>
        {may("jobs:write") && (
          <LinkButton look="primary" icon="plus" href="/console/jobs/new">
            {TEXT.create}
          </LinkButton>
        )}
      </div>
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
          columns={COLUMNS}
          pages={pages}
          keyOf={(job) => job.id}
          empty={status ? <EmptyState icon="jobs" title={TEXT.emptyFiltered} /> : <NoJobs />}
        />
      </section>
    </>
  );
}

function NoJobs() {
  return (
    <EmptyState icon="jobs" title={TEXT.empty}>
      <p>{TEXT.emptyLead}</p>
      <LinkButton look="primary" icon="plus" href="/console/jobs/new">
        {TEXT.create}
      </LinkButton>
    </EmptyState>
  );
}

function JobName({ job }: { job: Job }) {
  return (
    <a class="job-name" href={`/console/jobs/${job.id}`}>
      <span class="job-kind" title={strings.console.kinds[job.content_type]}>
        <Icon name={KIND_ICONS[job.content_type]} />
      </span>
      <span class="wrap-anywhere">{job.title}</span>
    </a>
  );
}

function Progress({ job }: { job: Job }) {
  return (
    <span class="job-progress">
      <ProgressBar value={job.files_approved} max={job.quantity} label={TEXT.columns.progress} />
      <span class="numeric small muted">{TEXT.of(job.files_approved, job.quantity)}</span>
    </span>
  );
}

import { Badge, type Tone } from "../shared/components/badge";
import { Button } from "../shared/components/button";
import { Icon, type IconName } from "../shared/components/icon";
import { EmptyState, FailureNotice, FailureState, Skeleton } from "../shared/components/states";
import { api } from "../shared/api";
import { formatMoney } from "../shared/format";
import { useLoaded, usePages } from "../shared/loading";
import type { WorkerJob } from "../shared/types";
import { strings } from "../strings";
import { Banned } from "./me";
import { openPlaces, type Place } from "./places";
import { worker } from "./session";
import { files, steps } from "./uploads";

const words = strings.capture;

export const KIND_ICONS: Record<string, IconName> = { image: "camera", audio: "microphone", video: "video" };

/** What there is to do: places that are held already, then jobs with places left. */
export function JobsView() {
  if (worker.value?.status === "banned") return <Banned />;
  return (
    <>
      <OpenPlaces />
      <section class="stack">
        <h1>{words.jobs.title}</h1>
        <JobList />
      </section>
    </>
  );
}

function OpenPlaces() {
  const { data, failure } = useLoaded(openPlaces, [files.value.size]);
  if (failure && !data) return <FailureNotice failure={failure} />;
  if (!data?.length) return null;
  return (
    <section class="stack">
      <h2>{words.jobs.mine}</h2>
      <ul class="stack-s">
        {data.map((one) => (
          <li key={one.submission.id}>
            <OpenPlace {...one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OpenPlace({ submission, job }: Place) {
  return (
    <a class="card row-card" href={`/capture/places/${submission.id}`}>
      <span class="kind">
        <Icon name={KIND_ICONS[job.content_type] ?? "files"} />
      </span>
      <span class="row-card-text">
        <strong>{job.title}</strong>
        <span class="small muted">{formatMoney(job.reward_per_file)}</span>
      </span>
      <StatusBadge status={statusOf(submission.id, submission.status)} />
      <Icon name="forward" />
    </a>
  );
}

function JobList() {
  const pages = usePages<WorkerJob>(
    (cursor, signal) => api.get("/v1/worker/jobs", { query: { limit: 50, ...(cursor ? { cursor } : {}) }, signal }),
    [],
  );
  if (pages.failure && !pages.items.length) return <FailureState failure={pages.failure} onRetry={pages.reload} />;
  if (!pages.items.length) {
    if (pages.isLoading) return <Skeleton lines={3} height="6rem" />;
    return (
      <EmptyState icon="inbox" title={words.jobs.none}>
        <p>{words.jobs.noneText}</p>
        <Button icon="reload" onClick={pages.reload}>
          {strings.actions.reload}
        </Button>
      </EmptyState>
    );
  }
  return (
    <>
      <ul class="job-list">
        {pages.items.map((job) => (
          <li key={job.id}>
            <JobCard job={job} />
          </li>
        ))}
      </ul>
      {pages.failure && <FailureNotice failure={pages.failure} />}
      {pages.hasMore && (
        <Button isBusy={pages.isLoading} onClick={pages.more}>
          {strings.actions.more}
        </Button>
      )}
    </>
  );
}

function JobCard({ job }: { job: WorkerJob }) {
  return (
    <a class="card job-card" href={`/capture/jobs/${job.id}`}>
      <span class="kind">
        <Icon name={KIND_ICONS[job.content_type] ?? "files"} size={24} />
      </span>
      <span class="job-card-text">
        <strong class="job-card-title">{job.title}</strong>
        <span class="muted clamp">{job.description}</span>
        <span class="row">
          <Badge>{words.jobs.kinds[job.content_type]}</Badge>
          <span class="small muted">{words.jobs.open(job.slots_open)}</span>
        </span>
      </span>
      <span class="reward">{formatMoney(job.reward_per_file)}</span>
    </a>
  );
}

const TONES: Record<string, Tone> = {
  awaiting_upload: "info",
  kept: "warn",
  sending: "info",
  refused: "bad",
  pending_score: "info",
  approved: "ok",
  rejected: "bad",
  retry_pending: "warn",
  needs_review: "info",
};

export function StatusBadge({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? "neutral"}>{words.status[status] ?? status}</Badge>;
}

/** What this device knows of a place goes before what the server knew. */
export function statusOf(submissionId: string, status: string): string {
  const file = files.value.get(submissionId);
  if (!file) return status;
  if (!file.isReleased) return "kept";
  const step = steps.value.get(submissionId)?.name;
  return step === "lost" ? "expired" : step === "refused" ? "refused" : "sending";
}

import { useEffect, useState } from "preact/hooks";
import { Stars } from "../shared/components/badge";
import { Button } from "../shared/components/button";
import { Icon } from "../shared/components/icon";
import { EmptyState, FailureState, Skeleton } from "../shared/components/states";
import { api } from "../shared/api";
import { ApiFailure } from "../shared/failure";
import { formatAge, formatMoney } from "../shared/format";
import { usePages } from "../shared/loading";
import type { WorkerJob, WorkerSubmission } from "../shared/types";
import { strings } from "../strings";
import { KIND_ICONS, StatusBadge, statusOf } from "./jobs";
import { jobOf } from "./places";

const words = strings.capture.history;

/** Everything that this worker sent, with its result. */
export function HistoryView() {
  const pages = usePages<WorkerSubmission>(
    (cursor, signal) =>
      api.get("/v1/worker/submissions", { query: { limit: 30, ...(cursor ? { cursor } : {}) }, signal }),
    [],
  );
  return (
    <section class="stack page-narrow">
      <h1>{words.title}</h1>
      {pages.failure && <FailureState failure={pages.failure} onRetry={pages.reload} />}
      {!pages.items.length && !pages.failure && (pages.isLoading ? <Skeleton lines={4} height="4rem" /> : <Nothing />)}
      <ul class="stack-s">
        {pages.items.map((one) => (
          <li key={one.id}>
            <Entry submission={one} />
          </li>
        ))}
      </ul>
      {pages.hasMore && (
        <Button isBusy={pages.isLoading} onClick={pages.more}>
          {strings.actions.more}
        </Button>
      )}
    </section>
  );
}

function Nothing() {
  return (
    <EmptyState icon="clock" title={words.none}>
      <p>{words.noneText}</p>
    </EmptyState>
  );
}

function Entry({ submission }: { submission: WorkerSubmission }) {
  const job = useJob(submission.job_id);
  return (
    <a class="card row-card" href={`/capture/places/${submission.id}`}>
      <span class="kind">
        <Icon name={KIND_ICONS[job?.content_type ?? ""] ?? "files"} />
      </span>
      <span class="row-card-text">
        <strong>{job?.title ?? words.job}</strong>
        <span class="small muted">{formatAge(submission.submitted_at ?? submission.created_at)}</span>
        {submission.feedback && submission.status !== "approved" && (
          <span class="small clamp">{submission.feedback}</span>
        )}
      </span>
      <span class="row-card-end">
        {submission.score !== null ? <Stars count={submission.score} /> : null}
        {submission.earned_credits ? (
          <strong class="money numeric">+{formatMoney(submission.earned_credits)}</strong>
        ) : (
          <StatusBadge status={statusOf(submission.id, submission.status)} />
        )}
      </span>
    </a>
  );
}

function useJob(id: string): WorkerJob | undefined {
  const [job, setJob] = useState<WorkerJob>();
  useEffect(() => {
    jobOf(id)
      .then(setJob)
      .catch((error: unknown) => {
        if (!(error instanceof ApiFailure)) throw error; // a job that cannot be read has no title here, that is all
      });
  }, [id]);
  return job;
}

import { Badge } from "../shared/components/badge";
import { Button, LinkButton } from "../shared/components/button";
import { Icon } from "../shared/components/icon";
import { FailureNotice, FailureState, Skeleton } from "../shared/components/states";
import { api } from "../shared/api";
import { useAttempt } from "../shared/attempt";
import { formatAge, formatMoney } from "../shared/format";
import { useLoaded } from "../shared/loading";
import { navigate } from "../shared/router";
import type { WorkerJob } from "../shared/types";
import { strings } from "../strings";
import { KIND_ICONS } from "./jobs";
import { accept } from "./places";
import { worker } from "./session";

const words = strings.capture;

/** A job: what is asked, what it pays, and the button that takes a place. */
export function JobView({ id }: { id: string }) {
  const {
    data: job,
    failure,
    reload,
  } = useLoaded((signal) => api.get("/v1/worker/jobs/{job_id}", { path: { job_id: id }, signal }), [id]);
  if (failure && !job) return <FailureState failure={failure} onRetry={reload} />;
  if (!job) return <Skeleton lines={5} height="2rem" />;
  return (
    <article class="stack page-narrow job">
      <LinkButton look="quiet" size="small" icon="back" href="/capture">
        {words.jobs.title}
      </LinkButton>
      <header class="job-head">
        <div class="stack-s">
          <span class="row">
            <Badge tone="info">{words.jobs.kinds[job.content_type]}</Badge>
            {job.deadline && <span class="small muted">{words.jobs.deadline(formatAge(job.deadline))}</span>}
          </span>
          <h1>{job.title}</h1>
        </div>
        <p class="reward-large">
          <strong>{formatMoney(job.reward_per_file)}</strong>
          <span class="small muted">{words.jobs.reward}</span>
        </p>
      </header>
      <JobText job={job} />
      <Accept job={job} />
    </article>
  );
}

/** What the client asks for, in its own words and as conditions. */
export function JobText({ job }: { job: WorkerJob }) {
  return (
    <>
      <section class="card stack-s">
        <h2>{words.slot.asked}</h2>
        <p class="prose">{job.description}</p>
      </section>
      {job.worker_guidelines && (
        <section class="card stack-s">
          <h2>{words.job.guidelines}</h2>
          <p class="prose">{job.worker_guidelines}</p>
        </section>
      )}
      {job.scoring_criteria && (
        <section class="card stack-s">
          <h2>{words.job.criteria}</h2>
          <p class="prose">{job.scoring_criteria}</p>
        </section>
      )}
      <section class="card stack-s">
        <h2>{words.job.wanted}</h2>
        <ul class="wanted">
          {conditionsOf(job).map((condition) => (
            <li key={condition}>
              <Icon name="check" size={18} />
              <span class="wrap-anywhere">{condition}</span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Accept({ job }: { job: WorkerJob }) {
  const { failure, isBusy, run } = useAttempt(async () => {
    const [first] = await accept(job);
    if (first) navigate(`/capture/places/${first.submission.id}`);
  });
  if (job.status !== "active") return <p class="notice">{words.job.ended}</p>;
  const isFull = job.slots_open < 1;
  return (
    <div class="action-bar stack-s">
      {failure && <FailureNotice failure={failure} />}
      <Button
        look="primary"
        size="large"
        icon={KIND_ICONS[job.content_type] ?? "files"}
        isBusy={isBusy}
        disabled={isFull || worker.value?.status === "banned"}
        onClick={run}
      >
        {words.job.accept} · {formatMoney(job.reward_per_file)}
      </Button>
      <span class="small muted">{isFull ? words.job.full : words.job.acceptHint}</span>
    </div>
  );
}

function conditionsOf(job: WorkerJob): string[] {
  const wanted = job.requirements as Record<string, unknown>;
  const told = <T,>(name: string, say: (value: T) => string) => {
    const value = wanted[name];
    return value === null || value === undefined || value === false ? [] : [say(value as T)];
  };
  const each = (name: string, say: (text: string) => string) => ((wanted[name] as string[] | undefined) ?? []).map(say);
  return [
    words.job.formats(job.file_formats.join(", ")),
    words.job.stars(job.min_star_rating),
    ...(job.files_per_submission > 1 ? [words.job.perPerson(job.files_per_submission)] : []),
    ...told("min_width", words.job.width),
    ...told("min_height", words.job.height),
    ...told("min_duration_seconds", words.job.minSeconds),
    ...told("max_duration_seconds", words.job.maxSeconds),
    ...told("language", words.job.language),
    ...each("must_contain_text", words.job.text),
    ...each("must_show", words.job.show),
    ...told("forbid_faces", () => words.job.faces),
    ...(job.location ? [words.job.place(job.location.radius_km)] : []),
  ];
}

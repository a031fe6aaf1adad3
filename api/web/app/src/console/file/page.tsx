import { useEffect, useState } from "preact/hooks";
import { api, sameOrigin } from "../../shared/api";
import { Stars } from "../../shared/components/badge";
import { Button, IconButton, LinkButton } from "../../shared/components/button";
import { Icon } from "../../shared/components/icon";
import { EmptyState, FailureState, Skeleton } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { formatBytes, formatDuration, formatMoney, formatTime } from "../../shared/format";
import { useLoaded } from "../../shared/loading";
import { navigate } from "../../shared/router";
import { may } from "../../shared/session";
import { useTitle } from "../../shared/title";
import type { AssayFile, Job, Submission } from "../../shared/types";
import { strings } from "../../strings";
import { BackLink } from "../back-link";
import { neighboursOf } from "../gallery/order";
import type { Annotations } from "./annotations";
import { Breakdown, breakdownOf } from "./breakdown";
import { Evidence } from "./evidence";
import { Film } from "./film";
import { Picture } from "./picture";
import { loadPreview, previewUrl, type Preview } from "./preview";
import { Sound } from "./sound";
import { Verdict, type Decision } from "./verdict";

const TEXT = strings.console.file;
const REVIEWABLE = ["approved", "rejected", "needs_review", "retry_pending"];
const UNSCORED = ["awaiting_upload", "pending_score"];

interface Everything {
  submission: Submission;
  job: Job;
  file: AssayFile | null;
}

/** One submitted file: what it is, what was found in it, what it scored, and the person's verdict. */
export function FilePage({ id }: { id: string }) {
  const loaded = useLoaded((signal) => load(id, signal), [id]);
  const [decision, setDecision] = useState<Decision | null>(null);
  const { data } = loaded;
  const isReviewable = Boolean(data && may("submissions:write") && REVIEWABLE.includes(data.submission.status));
  useKeys(id, (wanted) => isReviewable && setDecision(wanted));
  useTitle(data?.file?.filename ?? strings.console.job.gallery);
  if (loaded.failure && !data) return <FailureState failure={loaded.failure} onRetry={loaded.reload} />;
  if (!data) return <Skeleton lines={6} height="3rem" />;
  const breakdown = breakdownOf(data.submission.score_breakdown);
  return (
    <>
      <Head {...data} />
      <div class="with-aside with-aside-wide">
        <div class="stack">
          <Shown key={data.submission.attempt} {...data} />
          {breakdown && <Evidence breakdown={breakdown} models={data.file?.annotations?.["models"]} />}
        </div>
        <aside class="stack">
          {isReviewable && (
            <Verdict
              submission={data.submission}
              rewardCredits={data.job.reward_per_file}
              decision={decision}
              onDecision={setDecision}
              onReviewed={loaded.reload}
            />
          )}
          <section class="card stack">
            <h2>{TEXT.score}</h2>
            {data.submission.failure && (
              <div class="notice notice-warn">
                <Icon name="warning" />
                <span class="wrap-anywhere">
                  {TEXT.failure}: {data.submission.failure}
                </span>
              </div>
            )}
            {UNSCORED.includes(data.submission.status) ? (
              <p class="muted">{TEXT.notScoredYet}</p>
            ) : (
              <Breakdown breakdown={breakdown} />
            )}
          </section>
          <Facts {...data} />
        </aside>
      </div>
      <p class="muted small keys-hint">{TEXT.keys}</p>
    </>
  );
}

async function load(id: string, signal: AbortSignal): Promise<Everything> {
  const found = await api.get("/v1/submissions/{submission_id}", { path: { submission_id: id }, signal });
  const submission = UNSCORED.includes(found.status) ? ofNoAttempt(found) : found;
  const [job, file] = await Promise.all([
    api.get("/v1/jobs/{job_id}", { path: { job_id: submission.job_id }, signal }),
    submission.file_id && may("files:read")
      ? api.get("/v1/files/{file_id}", { path: { file_id: submission.file_id }, signal })
      : null,
  ]);
  return { submission, job, file };
}

/** While a second attempt waits, what is known of the file is what the first one was. */
function ofNoAttempt(submission: Submission): Submission {
  return { ...submission, file_id: null, score: null, score_breakdown: null, reasons: [] };
}

function Head({ submission, job, file }: Everything) {
  const { previous, next } = neighboursOf(submission.id);
  const go = (to: string | undefined) => to && navigate(`/console/files/${to}`, { replace: true });
  return (
    <div class="page-head">
      <div class="stack-s">
        <BackLink href={`/console/jobs/${job.id}`}>{job.title}</BackLink>
        <h1 class="file-name">{file?.filename ?? submission.filename ?? submission.id}</h1>
        <div class="row">
          <Status of={submission.status} />
          {submission.score !== null && <Stars count={submission.score} />}
        </div>
      </div>
      <div class="row">
        <IconButton icon="back" look="plain" label={TEXT.previous} disabled={!previous} onClick={() => go(previous)} />
        <IconButton icon="forward" look="plain" label={TEXT.next} disabled={!next} onClick={() => go(next)} />
        {file?.download_url && (
          <LinkButton icon="download" href={sameOrigin(file.download_url)} download>
            {TEXT.original}
          </LinkButton>
        )}
      </div>
    </div>
  );
}

/** What can be seen of the present attempt. */
function Shown(data: Everything) {
  const preview = useLoaded((signal) => loadPreview(data.submission, signal), []);
  return (
    <section class="card stack">
      {preview.failure && <FailureState failure={preview.failure} onRetry={preview.reload} />}
      {preview.isLoading && <span class="skeleton skeleton-media" aria-busy="true" />}
      {!preview.isLoading && preview.data !== undefined && <Media {...data} preview={preview.data} />}
    </section>
  );
}

function Media({ submission, file, preview }: Everything & { preview: Preview | null }) {
  const isUnsafe = submission.reasons.includes("policy.unsafe");
  const [isShown, setShown] = useState(!isUnsafe);
  if (!preview) return <EmptyState icon="image" title={TEXT.noPreview} />;
  if (!isShown) {
    return (
      <EmptyState icon="warning" title={TEXT.unsafe}>
        <Button onClick={() => setShown(true)}>{TEXT.showAnyway}</Button>
      </EmptyState>
    );
  }
  const annotations = (file?.annotations ?? {}) as Annotations;
  const url = file?.download_url ? sameOrigin(file.download_url) : null;
  const part = { submission, preview, annotations };
  return (
    <>
      {preview.content_type === "image" && <Picture {...part} />}
      {preview.content_type === "audio" && <Sound {...part} url={url ?? previewUrl(submission, "sound.wav")} />}
      {preview.content_type === "video" && <Film {...part} url={url} />}
      {!url && <p class="muted small">{TEXT.previewOnly}</p>}
    </>
  );
}

function Facts({ submission, file }: Everything) {
  const names = TEXT.factNames;
  const when = (iso: string | null) => (iso ? formatTime(iso) : null);
  const rows: [string, string | null | undefined][] = [
    [names.filename, file?.filename ?? submission.filename],
    [names.format, file?.mime_type],
    [names.size, file && formatBytes(file.size_bytes)],
    [names.dimensions, file?.width ? `${file.width} × ${file.height}` : null],
    [names.duration, file?.duration_seconds ? formatDuration(file.duration_seconds) : null],
    [names.worker, submission.worker_ref ?? submission.worker_id],
    [names.attempt, String(submission.attempt)],
    [names.submitted, when(submission.submitted_at)],
    [names.decided, when(submission.decided_at)],
    [names.reviewed, when(submission.reviewed_at)],
    [names.paid, submission.paid_credits ? formatMoney(submission.paid_credits) : null],
    [names.submission, submission.id],
    [names.fileId, submission.file_id],
    [names.sha256, file?.sha256],
  ];
  return (
    <section class="card stack">
      <h2>{TEXT.facts}</h2>
      <dl class="facts small">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div class="facts-row" key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

/** J and K go through the files of the gallery; A and R open the verdict. */
function useKeys(id: string, onDecision: (decision: Decision) => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog")) return;
      const { previous, next } = neighboursOf(id);
      if (event.key === "j" && next) navigate(`/console/files/${next}`, { replace: true });
      else if (event.key === "k" && previous) navigate(`/console/files/${previous}`, { replace: true });
      else if (event.key === "a") onDecision("approve");
      else if (event.key === "r") onDecision("reject");
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Button, LinkButton } from "../../shared/components/button";
import { ConfirmDialog } from "../../shared/components/dialog";
import { Segmented } from "../../shared/components/field";
import { FailureState, Skeleton } from "../../shared/components/states";
import { Status } from "../../shared/components/status";
import { toast } from "../../shared/components/toasts";
import { formatMoney, formatNumber, formatPercent } from "../../shared/format";
import { useLoaded } from "../../shared/loading";
import { navigate, query } from "../../shared/router";
import { may } from "../../shared/session";
import { useTitle } from "../../shared/title";
import type { Job, SubmissionSummary } from "../../shared/types";
import { strings } from "../../strings";
import { BackLink } from "../back-link";
import { Gallery } from "../gallery/gallery";
import { Details } from "./details";
import { Exports } from "./exports";
import { Histogram } from "./histogram";
import { ProgressBar } from "./progress";

const TEXT = strings.console.job;
const POLL_MS = 5000;
const FILTERS = ["", "approved", "needs_review", "rejected", "pending_score", "retry_pending"] as const;

interface JobWithCounts {
  job: Job;
  summary: SubmissionSummary;
}

/** One job: how far it is, what it scored, its files, its exports. */
export function JobPage({ id }: { id: string }) {
  const loaded = useLoaded((signal) => load(id, signal), [id]);
  const { data } = loaded;
  const turn = useChanges(data, loaded.set, id);
  useTitle(data?.job.title ?? strings.console.jobs.title);
  if (loaded.failure && !data) return <FailureState failure={loaded.failure} onRetry={loaded.reload} />;
  if (!data) return <Skeleton lines={6} height="3rem" />;
  return (
    <>
      <Head job={data.job} onChange={loaded.reload} />
      <div class="job-top">
        <Progress {...data} />
        <section class="card stack">
          <h2>{TEXT.scores}</h2>
          <Histogram
            counts={data.summary.by_score}
            chosen={chosenScore()}
            onChoice={(score) => setFilter({ score: score === chosenScore() ? null : score })}
          />
          <p class="muted small">{TEXT.scoresLead}</p>
        </section>
      </div>
      <Files {...data} turn={turn} />
      <Exports job={data.job} />
      <Details job={data.job} />
    </>
  );
}

async function load(id: string, signal: AbortSignal): Promise<JobWithCounts> {
  const [job, summary] = await Promise.all([
    api.get("/v1/jobs/{job_id}", { path: { job_id: id }, signal }),
    api.get("/v1/submissions/summary", { query: { job_id: id }, signal }),
  ]);
  return { job, summary };
}

/** Look again while the job is active; the number changes when there is something new to be seen. */
function useChanges(data: JobWithCounts | undefined, set: (data: JobWithCounts) => void, id: string): number {
  const [turn, setTurn] = useState(0);
  const seen = useRef<string | undefined>(undefined);
  const status = data?.job.status;
  useEffect(() => {
    if (!data || status !== "active") return;
    seen.current = stateOf(data);
    const aborter = new AbortController();
    const timer = setInterval(() => {
      if (document.hidden) return;
      load(id, aborter.signal).then((found) => {
        set(found);
        const state = stateOf(found);
        // A gallery that somebody has scrolled into stays as it is.
        if (seen.current !== state && scrollY < innerHeight) setTurn((n) => n + 1);
        seen.current = state;
      }, ignoreUntilNextTime);
    }, POLL_MS);
    return () => {
      clearInterval(timer);
      aborter.abort();
    };
  }, [status, id]);
  return turn;
}

function stateOf({ summary }: JobWithCounts): string {
  return JSON.stringify(summary.by_status);
}

/** The page shows what it has; the next look may go well. */
function ignoreUntilNextTime(): void {}

function Head({ job, onChange }: { job: Job; onChange: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const cancel = async () => {
    await api.post("/v1/jobs/{job_id}/cancel", { path: { job_id: job.id } });
    toast(TEXT.cancelled);
    onChange();
  };
  return (
    <div class="page-head">
      <div class="stack-s">
        <BackLink href="/console">{strings.console.backToJobs}</BackLink>
        <h1 class="wrap-anywhere">{job.title}</h1>
        <div class="row">
          <Status of={job.status} />
          <span class="muted small">
            {strings.console.kinds[job.content_type]} · {formatMoney(job.reward_per_file)}
          </span>
        </div>
      </div>
      <div class="row">
        {may("files:read") && (
          <LinkButton icon="search" href={`/console/search?job=${job.id}`}>
            {TEXT.search}
          </LinkButton>
        )}
        {job.status === "active" && may("jobs:write") && (
          <Button look="danger" onClick={() => setAsking(true)}>
            {TEXT.cancel}
          </Button>
        )}
      </div>
      {isAsking && (
        <ConfirmDialog
          title={TEXT.cancelTitle}
          action={TEXT.cancelAction}
          isDangerous
          onConfirm={cancel}
          onClose={() => setAsking(false)}
        >
          <p>{TEXT.cancelLead}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function Progress({ job, summary }: JobWithCounts) {
  const figures: [string, string][] = [
    [TEXT.pending, formatNumber(job.files_pending)],
    [TEXT.open, formatNumber(job.slots_open)],
    [TEXT.spent, formatMoney(job.spent_credits)],
    [TEXT.heldBack, formatMoney(job.held_credits)],
    [TEXT.average, summary.average_score === null ? "–" : summary.average_score.toFixed(1)],
    [TEXT.rate, summary.approval_rate === null ? "–" : formatPercent(summary.approval_rate)],
  ];
  return (
    <section class="card stack">
      <header class="row between">
        <h2>{TEXT.progress}</h2>
        <span class="numeric">
          {strings.console.jobs.of(job.files_approved, job.quantity)} {TEXT.approved.toLowerCase()}
        </span>
      </header>
      <ProgressBar value={job.files_approved} max={job.quantity} label={TEXT.approved} />
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div class="figure" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Files({ job, summary, turn }: JobWithCounts & { turn: number }) {
  const status = query.value.get("status") ?? "";
  const score = chosenScore();
  const counts = summary.by_status as Record<string, number>;
  const choices = FILTERS.filter((one) => !one || one === status || one === "approved" || counts[one]).map((value) => ({
    value: value as string,
    label: value ? `${strings.console.status[value]} ${formatNumber(counts[value] ?? 0)}` : TEXT.all,
  }));
  const ofStatus = status ? (counts[status] ?? 0) : summary.total;
  const total = score === null ? ofStatus : status ? null : ((summary.by_score as Record<string, number>)[score] ?? 0);
  return (
    <section class="stack">
      <div class="row between">
        <h2>{TEXT.gallery}</h2>
        <div class="row">
          {score !== null && (
            <Button size="small" icon="close" onClick={() => setFilter({ score: null })}>
              {TEXT.clearScore(score)}
            </Button>
          )}
          <Segmented
            label={TEXT.galleryFilter}
            choices={choices}
            value={status}
            onChoice={(value) => setFilter({ status: value })}
          />
        </div>
      </div>
      <Gallery job={job} filter={{ status, score }} total={total} turn={turn} />
    </section>
  );
}

function chosenScore(): number | null {
  const score = Number(query.value.get("score"));
  return score >= 1 && score <= 5 ? score : null;
}

/** The filter is in the address, so that going back from a file finds it again. */
function setFilter(change: { status?: string; score?: number | null }): void {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(change)) {
    if (value) next.set(name, String(value));
    else next.delete(name);
  }
  const text = next.toString();
  navigate(location.pathname + (text ? `?${text}` : ""), { replace: true });
}

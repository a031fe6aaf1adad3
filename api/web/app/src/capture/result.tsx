import { useEffect, useState } from "preact/hooks";
import { useAttempt } from "../shared/attempt";
import { Badge, Stars } from "../shared/components/badge";
import { Button, LinkButton } from "../shared/components/button";
import { Icon, type IconName } from "../shared/components/icon";
import { FailureNotice } from "../shared/components/states";
import { formatMoney } from "../shared/format";
import type { WorkerSubmission } from "../shared/types";
import { strings } from "../strings";
import { heldSlots, retry, type Place } from "./places";

const words = strings.capture.result;
const DIMENSIONS = ["relevance", "quality", "completeness"];
const LOOKS: Record<string, { icon: IconName; tone: string }> = {
  approved: { icon: "check", tone: "ok" },
  rejected: { icon: "cross", tone: "bad" },
  retry_pending: { icon: "reload", tone: "warn" },
  needs_review: { icon: "people", tone: "info" },
  expired: { icon: "clock", tone: "warn" },
  surplus: { icon: "flag", tone: "info" },
};

/** What came of a file: stars, the reasons, and the sentence that says what to do better. */
export function Result({ place, onRetried }: { place: Place; onRetried: (place: Place) => void }) {
  const { submission } = place;
  if (submission.status === "pending_score") return <Scoring />;
  const look = LOOKS[submission.status] ?? { icon: "info", tone: "info" };
  return (
    <section class={`card stack result result-${look.tone}`} aria-live="polite">
      <header class="result-head">
        <span class="result-mark">
          <Icon name={look.icon} size={32} />
        </span>
        <h2>{titleOf(submission)}</h2>
        {submission.score !== null && <Stars count={submission.score} />}
      </header>
      <Note submission={submission} />
      <Feedback submission={submission} />
      <Dimensions submission={submission} />
      <div class="result-actions">
        {submission.can_retry && <Retry submission={submission} onRetried={onRetried} />}
        {!submission.can_retry && <Next place={place} />}
        <LinkButton size="large" href="/capture">
          {words.toJobs}
        </LinkButton>
      </div>
    </section>
  );
}

/** The next place that is held of the same job already, or the job, while it has places left. */
function Next({ place: { submission, job } }: { place: Place }) {
  const [held, setHeld] = useState<string>();
  useEffect(() => {
    void heldSlots().then((slots) => {
      const others = slots.filter((slot) => slot.job.id === job.id && slot.id !== submission.id);
      setHeld(others[0]?.id);
    });
  }, [job.id, submission.id]);
  if (!held && (job.status !== "active" || job.slots_open < 1)) return null;
  return (
    <LinkButton look="primary" size="large" href={held ? `/capture/places/${held}` : `/capture/jobs/${job.id}`}>
      {words.next}
    </LinkButton>
  );
}

function Scoring() {
  return (
    <section class="card result-wait" role="status">
      <span class="spinner spinner-large" aria-hidden="true" />
      <h2>{words.scoring}</h2>
      <p class="muted">{words.scoringText}</p>
    </section>
  );
}

function titleOf({ status, earned_credits }: WorkerSubmission): string {
  if (status === "approved") return earned_credits ? words.approved(formatMoney(earned_credits)) : words.approvedFree;
  return (words as unknown as Record<string, string>)[status] ?? status;
}

function Note({ submission: { status, strike } }: { submission: WorkerSubmission }) {
  const told = { needs_review: words.needs_reviewText, surplus: words.surplusText }[status as string];
  return (
    <>
      {told && <p class="muted">{told}</p>}
      {strike && (
        <p class="notice notice-bad">
          <Icon name="warning" />
          {words.strike}
        </p>
      )}
    </>
  );
}

function Feedback({ submission: { status, reasons, feedback } }: { submission: WorkerSubmission }) {
  if (!feedback) return null;
  return (
    <div class="stack-s feedback">
      {status !== "approved" && <h3>{words.better}</h3>}
      <p class="wrap-anywhere">{feedback}</p>
      {reasons.length > 0 && (
        <ul class="row" aria-label={words.reasons}>
          {reasons.map((code) => (
            <li key={code}>
              <Badge tone="warn">{strings.capture.reasons[code] ?? code}</Badge>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Each of the three dimensions as a bar of five. */
function Dimensions({ submission: { score_breakdown } }: { submission: WorkerSubmission }) {
  const told = score_breakdown as Record<string, number> | null;
  if (!told) return null;
  return (
    <dl class="dimensions">
      {DIMENSIONS.filter((name) => typeof told[name] === "number").map((name) => (
        <div key={name}>
          <dt class="small">{words.dimensions[name]}</dt>
          <dd>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${20 * (told[name] ?? 0)}%` }} />
            </span>
            <span class="small numeric muted">{words.of5((told[name] ?? 0).toFixed(1))}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Retry({ submission, onRetried }: { submission: WorkerSubmission; onRetried: (place: Place) => void }) {
  const { failure, isBusy, run } = useAttempt(async () => {
    onRetried(await retry(submission.id));
  });
  return (
    <div class="stack-s">
      {failure && <FailureNotice failure={failure} />}
      <Button look="primary" size="large" isBusy={isBusy} onClick={run}>
        {words.again}
      </Button>
    </div>
  );
}

import { useEffect, useState } from "preact/hooks";
import { LinkButton } from "../shared/components/button";
import { Badge } from "../shared/components/badge";
import { FailureState, Skeleton } from "../shared/components/states";
import { formatMoney } from "../shared/format";
import { useLoaded } from "../shared/loading";
import type { WorkerSubmission } from "../shared/types";
import { strings } from "../strings";
import { CaptureStep } from "./capture-step";
import { Countdown } from "./countdown";
import { JobText } from "./job";
import { placeOf, type Place } from "./places";
import { Preview } from "./preview";
import { Result } from "./result";
import { Sending } from "./sending";
import { refreshWorker } from "./session";
import { confirmed, files } from "./uploads";

const words = strings.capture;
const FIRST_LOOK_MS = 800;
const LONGEST_PAUSE_MS = 5_000;
const DECIDED = ["approved", "rejected", "retry_pending", "needs_review", "expired", "surplus"];

/** A place of a job from the capture to the result. */
export function SlotView({ id }: { id: string }) {
  const arrived = confirmed.value.get(id);
  const { data, failure, reload, set } = useLoaded((signal) => placeOf(id, signal), [id, arrived]);
  const place = data && newest(data, arrived);
  useScore(place, reload);
  if (failure && !place) return <FailureState failure={failure} onRetry={reload} />;
  if (!place) return <Skeleton lines={5} height="2rem" />;
  const file = files.value.get(id);
  return (
    <article class="stack page-narrow slot">
      <SlotHead place={place} />
      {file && !file.isReleased && (
        <Preview job={place.job} file={file} maxBytes={place.submission.upload?.max_bytes} />
      )}
      {file?.isReleased && <Sending file={file} />}
      {!file && place.submission.status === "awaiting_upload" && <CaptureStep place={place} />}
      {!file && place.submission.status !== "awaiting_upload" && <Result place={place} onRetried={set} />}
      {!file && place.submission.status === "awaiting_upload" && <JobText job={place.job} />}
    </article>
  );
}

/** What the upload was answered with is newer than what was loaded before it. */
function newest(place: Place, arrived: WorkerSubmission | undefined): Place {
  const isNews = place.submission.status === "awaiting_upload" && arrived?.attempt === place.submission.attempt;
  return isNews && arrived ? { ...place, submission: arrived } : place;
}

function SlotHead({ place: { submission, job } }: { place: Place }) {
  return (
    <header class="stack-s">
      <LinkButton look="quiet" size="small" icon="back" href="/capture">
        {words.jobs.title}
      </LinkButton>
      <div class="slot-head">
        <div class="stack-s">
          <h1>{job.title}</h1>
          <span class="row">
            <strong class="money">{formatMoney(job.reward_per_file)}</strong>
            {submission.attempt > 1 && <Badge tone="warn">{words.slot.attempt}</Badge>}
          </span>
        </div>
        {submission.lease_expires_at && <Countdown until={submission.lease_expires_at} />}
      </div>
    </header>
  );
}

/** Look again until the file is decided, less and less often. */
function useScore(place: Place | undefined, reload: () => void): void {
  const [looks, setLooks] = useState(0);
  const status = place?.submission.status;
  useEffect(() => {
    if (status !== "pending_score") return;
    const pause = Math.min(FIRST_LOOK_MS * 1.3 ** looks, LONGEST_PAUSE_MS);
    const timer = setTimeout(() => {
      setLooks(looks + 1);
      if (document.visibilityState === "visible") reload();
    }, pause);
    return () => clearTimeout(timer);
  }, [status, looks]);
  useEffect(() => {
    // Earnings and strikes changed with the decision; that they are told late is no fault to show here.
    if (looks && status && DECIDED.includes(status)) refreshWorker().catch(() => undefined);
  }, [status]);
}

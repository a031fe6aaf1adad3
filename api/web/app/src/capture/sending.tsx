import { useAttempt } from "../shared/attempt";
import { Button, LinkButton } from "../shared/components/button";
import { Icon } from "../shared/components/icon";
import { FailureNotice } from "../shared/components/states";
import { formatBytes, formatPercent } from "../shared/format";
import { navigate } from "../shared/router";
import { strings } from "../strings";
import type { KeptFile } from "./kept";
import { discard, release, steps, takeNewPlace, unkept, type Step } from "./uploads";

const words = strings.capture.upload;

/** A released file on its way, or why it does not get on. */
export function Sending({ file }: { file: KeptFile }) {
  const step: Step = steps.value.get(file.submissionId) ?? { name: "waiting", arrivedBytes: 0 };
  switch (step.name) {
    case "lost":
      return <Lost file={file} status={step.status} />;
    case "refused":
      return <Refused file={file} message={step.message} />;
    default:
      return <Progress file={file} step={step} />;
  }
}

function Progress({ file, step }: { file: KeptFile; step: Step }) {
  const total = file.content.size;
  const sent = Math.min(bytesOf(step, total), total);
  const share = total ? sent / total : 0;
  const isWaiting = step.name === "waiting";
  return (
    <section class="card stack" aria-label={words.title}>
      <header class="sending-head">
        <h2>{isWaiting ? words.waiting : words.title}</h2>
        {!isWaiting && <strong class="numeric">{formatPercent(share)}</strong>}
      </header>
      <div
        class="bar bar-tall"
        role="progressbar"
        aria-label={words.title}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
      >
        <span style={{ width: `${100 * share}%` }} />
      </div>
      <p class="small muted numeric">
        {step.name === "submitting" ? words.submitting : words.uploading(formatBytes(sent), formatBytes(total))}
      </p>
      <p class="small muted">{hintOf(file, isWaiting)}</p>
    </section>
  );
}

function hintOf(file: KeptFile, isWaiting: boolean): string {
  if (unkept.value.has(file.submissionId)) return words.unkept;
  return isWaiting ? words.waitingText : words.keep;
}

function bytesOf(step: Step, total: number): number {
  switch (step.name) {
    case "uploading":
      return step.sentBytes;
    case "waiting":
      return step.arrivedBytes;
    default:
      return step.name === "submitting" ? total : 0;
  }
}

function Lost({ file, status }: { file: KeptFile; status: string }) {
  const hasEnded = status === "surplus";
  const { failure, isBusy, run } = useAttempt(async () => {
    navigate(`/capture/places/${await takeNewPlace(file.submissionId)}`, { replace: true });
  });
  return (
    <section class="card stack" aria-label={words.lostTitle}>
      <h2>{words.lostTitle}</h2>
      <p>{hasEnded ? words.lostEnded : words.lost}</p>
      {failure && <FailureNotice failure={failure} />}
      <div class="row">
        {!hasEnded && (
          <Button look="primary" size="large" isBusy={isBusy} onClick={run}>
            {words.newPlace}
          </Button>
        )}
        <DiscardButton file={file} />
      </div>
    </section>
  );
}

function Refused({ file, message }: { file: KeptFile; message: string }) {
  return (
    <section class="card stack" aria-label={words.refusedTitle}>
      <div class="notice notice-bad" role="alert">
        <Icon name="warning" />
        <div class="stack-s">
          <strong>{words.refusedTitle}</strong>
          <span class="wrap-anywhere">{message}</span>
        </div>
      </div>
      <div class="row">
        <Button icon="reload" onClick={() => void release(file.submissionId)}>
          {strings.errors.retry}
        </Button>
        <DiscardButton file={file} />
        <LinkButton look="quiet" href="/capture">
          {strings.capture.result.toJobs}
        </LinkButton>
      </div>
    </section>
  );
}

function DiscardButton({ file }: { file: KeptFile }) {
  return (
    <Button look="danger" onClick={() => void discard(file.submissionId)}>
      {words.discard}
    </Button>
  );
}

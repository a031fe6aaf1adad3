import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Button } from "../../shared/components/button";
import { Stars } from "../../shared/components/badge";
import { Icon } from "../../shared/components/icon";
import { FailureNotice } from "../../shared/components/states";
import type { ApiFailure } from "../../shared/failure";
import { formatBytes } from "../../shared/format";
import { asFailure } from "../../shared/loading";
import type { Score } from "../../shared/types";
import { strings } from "../../strings";
import { breakdownOf, Breakdown } from "../file/breakdown";
import { isDescribed, scoreFormOf, type Draft } from "./draft";

const TEXT = strings.console.tryIt;

/** Scores one file against the draft of a job, before the job exists. */
export function TryIt({ draft }: { draft: Draft }) {
  const [file, setFile] = useState<File>();
  const [score, setScore] = useState<Score>();
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const run = async (chosen: File) => {
    setFile(chosen);
    setScore(undefined);
    setFailure(undefined);
    setBusy(true);
    try {
      setScore(await api.post("/v1/score", { body: scoreFormOf(draft, chosen) }));
    } catch (error) {
      setFailure(asFailure(error));
    }
    setBusy(false);
  };
  const forget = () => {
    setFile(undefined);
    setScore(undefined);
    setFailure(undefined);
  };
  const isReady = isDescribed(draft);
  return (
    <section class="card stack try-it">
      <h2>{TEXT.title}</h2>
      <p class="muted small">{TEXT.lead}</p>
      {!file && <DropZone isDisabled={!isReady} onFile={(chosen) => void run(chosen)} />}
      {!isReady && <p class="muted small">{TEXT.needsDescription}</p>}
      {file && <Chosen file={file} />}
      <div aria-live="polite" class="stack">
        {isBusy && (
          <p class="row">
            <span class="spinner" aria-hidden="true" /> {TEXT.busy}
          </p>
        )}
        {score && <Verdict score={score} stars={draft.stars} />}
      </div>
      {failure && <FailureNotice failure={failure} />}
      {file && !isBusy && (
        <div class="row">
          <Button size="small" icon="reload" disabled={!isReady} onClick={() => void run(file)}>
            {TEXT.again}
          </Button>
          <Button size="small" look="quiet" onClick={forget}>
            {TEXT.other}
          </Button>
        </div>
      )}
    </section>
  );
}

function Verdict({ score, stars }: { score: Score; stars: number }) {
  const isApproved = score.score >= stars;
  return (
    <>
      <div class={`notice ${isApproved ? "notice-ok" : "notice-bad"}`}>
        <Icon name={isApproved ? "check" : "cross"} />
        <span>
          <Stars count={score.score} /> {isApproved ? TEXT.wouldApprove : TEXT.wouldReject}
        </span>
      </div>
      <Breakdown breakdown={breakdownOf(score.score_breakdown)} />
    </>
  );
}

/** The chosen file: its name as text, and its picture if the browser can show one. */
function Chosen({ file }: { file: File }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    // SVG is never shown, not even the person's own: it is no format that we take.
    if (!file.type.startsWith("image/") || file.type === "image/svg+xml") return setUrl(undefined);
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <figure class="chosen">
      {url && <img src={url} alt="" onError={() => setUrl(undefined)} />}
      <figcaption class="small wrap-anywhere">
        {file.name} <span class="muted">{formatBytes(file.size)}</span>
      </figcaption>
    </figure>
  );
}

export function DropZone({
  isDisabled = false,
  isMultiple = false,
  onFile,
}: {
  isDisabled?: boolean;
  isMultiple?: boolean;
  onFile: (file: File) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    if (!isDisabled) for (const file of Array.from(files ?? []).slice(0, isMultiple ? undefined : 1)) onFile(file);
  };
  return (
    <div
      class={`drop-zone${isOver && !isDisabled ? " drop-zone-over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <Icon name="upload" size={28} />
      <span class="muted small">{TEXT.drop}</span>
      <Button size="small" disabled={isDisabled} onClick={() => input.current?.click()}>
        {TEXT.choose}
      </Button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        tabIndex={-1}
        aria-label={TEXT.choose}
        multiple={isMultiple}
        disabled={isDisabled}
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

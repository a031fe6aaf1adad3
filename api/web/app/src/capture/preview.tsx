import { useEffect, useState } from "preact/hooks";
import { Button } from "../shared/components/button";
import { Icon } from "../shared/components/icon";
import { formatBytes } from "../shared/format";
import type { WorkerJob } from "../shared/types";
import { strings } from "../strings";
import { factsOf, warningsOf, type Measured } from "./captured";
import type { KeptFile } from "./kept";
import { discard, release, unkept } from "./uploads";

const words = strings.capture.preview;

interface PreviewProps {
  job: WorkerJob;
  file: KeptFile;
  maxBytes: number | undefined;
}

/** The captured file as it will be sent, and what is sure to be wrong with it. */
export function Preview({ job, file, maxBytes }: PreviewProps) {
  const [measured, setMeasured] = useState<Measured>({});
  const isTooLarge = maxBytes !== undefined && file.content.size > maxBytes;
  const warnings = warningsOf(job, file, measured);
  if (isTooLarge) warnings.push(words.tooLarge(formatBytes(maxBytes)));
  return (
    <section class="card stack preview" aria-label={words.title}>
      <Media kind={job.content_type} content={file.content} onMeasured={setMeasured} />
      <p class="small muted numeric">{factsOf(file, measured)}</p>
      {unkept.value.has(file.submissionId) && (
        <p class="notice notice-warn" role="alert">
          <Icon name="warning" />
          {strings.capture.upload.unkept}
        </p>
      )}
      {warnings.map((text) => (
        <p key={text} class="notice notice-warn">
          <Icon name="warning" />
          {text}
        </p>
      ))}
      <div class="preview-actions">
        <Button size="large" icon="reload" onClick={() => void discard(file.submissionId)}>
          {words.again}
        </Button>
        <Button
          look="primary"
          size="large"
          icon="upload"
          disabled={isTooLarge || file.content.size === 0}
          onClick={() => void release(file.submissionId)}
        >
          {words.send}
        </Button>
      </div>
    </section>
  );
}

interface MediaProps {
  kind: string;
  content: Blob;
  onMeasured: (measured: Measured) => void;
}

export function Media({ kind, content, onMeasured }: MediaProps) {
  const url = useObjectUrl(content);
  const [isUnseen, setUnseen] = useState(false);
  if (!url) return null;
  if (isUnseen) return <p class="notice">{words.unseen}</p>;
  const fail = () => setUnseen(true);
  if (kind === "image") {
    return (
      <img
        src={url}
        alt={words.photo}
        onLoad={({ currentTarget }) =>
          onMeasured({ width: currentTarget.naturalWidth, height: currentTarget.naturalHeight })
        }
        onError={fail}
      />
    );
  }
  // A recording made here does not tell its length: browsers write the header before they know it.
  const measure = ({ currentTarget }: { currentTarget: HTMLMediaElement }) =>
    onMeasured({
      ...(Number.isFinite(currentTarget.duration) ? { seconds: currentTarget.duration } : {}),
      ...(currentTarget instanceof HTMLVideoElement
        ? { width: currentTarget.videoWidth, height: currentTarget.videoHeight }
        : {}),
    });
  if (kind === "audio")
    return <audio src={url} controls aria-label={words.audio} onLoadedMetadata={measure} onError={fail} />;
  return <video src={url} controls playsInline aria-label={words.video} onLoadedMetadata={measure} onError={fail} />;
}

function useObjectUrl(content: Blob): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(content);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [content]);
  return url;
}

import { strings } from "../../strings";
import type { Annotations } from "./annotations";
import { usePlaying } from "./playing";
import type { Preview } from "./preview";
import { Transcript } from "./transcript";
import { Waveform } from "./waveform";

const TEXT = strings.console.file;

/** A recording with its waveform and the transcript running along. */
export function Sound({ url, preview, annotations }: { url: string; preview: Preview; annotations: Annotations }) {
  const { ref, atSeconds, seek } = usePlaying();
  return (
    <div class="stack">
      {preview.waveform && (
        <Waveform
          peaks={preview.waveform}
          durationSeconds={preview.duration_seconds ?? 0}
          atSeconds={atSeconds}
          onSeek={seek}
        />
      )}
      <audio ref={ref} src={url} controls preload="metadata" class="player" />
      <section class="stack-s">
        <div class="row between">
          <h3>{TEXT.transcript}</h3>
          {annotations.language && (
            <span class="muted small">
              {TEXT.language}: {annotations.language}
            </span>
          )}
        </div>
        <Transcript segments={annotations.segments ?? []} atSeconds={atSeconds} onSeek={seek} />
      </section>
    </div>
  );
}

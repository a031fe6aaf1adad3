import { formatDuration, formatPercent } from "../../shared/format";
import { strings } from "../../strings";
import { nearestFrame, type Annotations, type Keyframe, type Scene } from "./annotations";
import { usePlaying } from "./playing";
import { frameUrl, previewUrl, type Attempted, type Preview } from "./preview";
import { Transcript } from "./transcript";
import { Waveform } from "./waveform";

const TEXT = strings.console.file;

interface FilmProps {
  submission: Attempted;
  /** Of the delivered video; `null` shows frames and sound of the preview instead. */
  url: string | null;
  preview: Preview;
  annotations: Annotations;
}

/** A video with its scenes, keyframes and what is said in it. */
export function Film({ submission, url, preview, annotations }: FilmProps) {
  const { ref, atSeconds, seek } = usePlaying();
  const scenes = annotations.scenes ?? [];
  const keyframes =
    annotations.keyframes ?? preview.frames.map((at_seconds) => ({ at_seconds, object_labels: [], ocr_text: null }));
  return (
    <div class="stack">
      {url ? (
        <video
          ref={ref}
          src={url}
          controls
          playsInline
          preload="metadata"
          poster={previewUrl(submission, "picture.jpg")}
          class="film"
          style={{ aspectRatio: `${preview.width ?? 16} / ${preview.height ?? 9}` }}
        />
      ) : (
        preview.waveform && <audio ref={ref} src={previewUrl(submission, "sound.wav")} controls class="player" />
      )}
      {scenes.length > 0 && <Scenes scenes={scenes} atSeconds={atSeconds} onSeek={seek} />}
      {keyframes.length > 0 && (
        <Keyframes submission={submission} keyframes={keyframes} frames={preview.frames} onSeek={seek} />
      )}
      {preview.waveform && (
        <section class="stack-s">
          <h3>{TEXT.transcript}</h3>
          <Waveform
            peaks={preview.waveform}
            durationSeconds={preview.duration_seconds ?? 0}
            atSeconds={atSeconds}
            onSeek={seek}
          />
          <Transcript segments={annotations.segments ?? []} atSeconds={atSeconds} onSeek={seek} />
        </section>
      )}
    </div>
  );
}

/** One button a scene, as wide as the scene is long. */
function Scenes({ scenes, atSeconds, onSeek }: { scenes: Scene[]; atSeconds: number; onSeek: (at: number) => void }) {
  return (
    <section class="stack-s">
      <h3>{TEXT.scenes}</h3>
      <ol class="scenes">
        {scenes.map((scene) => {
          const isNow = atSeconds >= scene.start_seconds && atSeconds < scene.end_seconds;
          return (
            <li key={scene.start_seconds} style={{ flexGrow: Math.max(0.1, scene.end_seconds - scene.start_seconds) }}>
              <button
                type="button"
                class={isNow ? "scene scene-now" : "scene"}
                aria-current={isNow ? "true" : undefined}
                onClick={() => onSeek(scene.start_seconds)}
              >
                <span class="small numeric">
                  {TEXT.sceneAt(formatDuration(scene.start_seconds), formatDuration(scene.end_seconds))}
                </span>
                <span class="small muted">{scene.labels.slice(0, 3).join(", ")}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Keyframes({
  submission,
  keyframes,
  frames,
  onSeek,
}: {
  submission: Attempted;
  keyframes: Keyframe[];
  frames: number[];
  onSeek: (at: number) => void;
}) {
  return (
    <section class="stack-s">
      <h3>{TEXT.keyframes}</h3>
      <ol class="keyframes">
        {keyframes.map((keyframe) => (
          <li key={keyframe.at_seconds}>
            <button type="button" class="keyframe" onClick={() => onSeek(keyframe.at_seconds)}>
              <img
                src={frameUrl(submission, nearestFrame(frames, keyframe.at_seconds))}
                alt={TEXT.frameAlt(formatDuration(keyframe.at_seconds))}
                loading="lazy"
                decoding="async"
              />
              <span class="small numeric">{formatDuration(keyframe.at_seconds)}</span>
              {keyframe.object_labels.slice(0, 2).map((label) => (
                <span key={label.label} class="small muted wrap-anywhere">
                  {label.label} {formatPercent(label.confidence)}
                </span>
              ))}
              {keyframe.ocr_text && <span class="small wrap-anywhere">“{keyframe.ocr_text}”</span>}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

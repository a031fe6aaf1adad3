import { useId, useState } from "preact/hooks";
import { Button } from "../shared/components/button";
import { Icon } from "../shared/components/icon";
import { toast } from "../shared/components/toasts";
import { strings } from "../strings";
import { Camera } from "./camera";
import { keptFor, wantedOf, type Captured } from "./captured";
import { KIND_ICONS } from "./jobs";
import type { Place } from "./places";
import { recordingFor } from "./record/formats";
import { worker } from "./session";
import { SoundRecorder } from "./sound";
import { keep } from "./uploads";

const words = strings.capture;
const ACTIONS: Record<string, string> = { image: words.slot.photo, audio: words.slot.audio, video: words.slot.video };

/** The ways to a file: the camera, the microphone, or one that is there already. */
export function CaptureStep({ place }: { place: Place }) {
  const { job } = place;
  const [isOpen, setOpen] = useState(false);
  const recording = recordingFor(job.content_type, job.file_formats);
  const take = (captured: Captured) => {
    setOpen(false);
    void keep(keptFor(place, worker.value?.id ?? "", captured));
  };
  const close = () => setOpen(false);
  const longest = wantedOf(job).max_duration_seconds ?? null;
  return (
    <section class="card stack capture-step">
      {recording && (
        <Button
          look="primary"
          size="large"
          icon={KIND_ICONS[job.content_type] ?? "camera"}
          onClick={() => setOpen(true)}
        >
          {ACTIONS[job.content_type]}
        </Button>
      )}
      {!recording && <p class="notice notice-warn">{words.slot.cannotRecord(job.file_formats.join(", "))}</p>}
      <FilePicker accept={job.accepted_formats} isLead={!recording} onFile={take} />
      {isOpen && recording && job.content_type === "audio" && (
        <SoundRecorder recording={recording} longestSeconds={longest} onDone={take} onClose={close} />
      )}
      {isOpen && recording && job.content_type !== "audio" && (
        <Camera
          recording={recording}
          isVideo={job.content_type === "video"}
          longestSeconds={longest}
          onDone={take}
          onClose={close}
        />
      )}
    </section>
  );
}

/** Phones offer their own camera app here too, whose photos carry the position. */
function FilePicker({
  accept,
  isLead,
  onFile,
}: {
  accept: string[];
  isLead: boolean;
  onFile: (captured: Captured) => void;
}) {
  const id = useId();
  return (
    <div class="picker">
      <input
        id={id}
        type="file"
        accept={accept.join(",")}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) void copied(file).then(onFile, () => toast(words.slot.cannotRead, { isFailure: true }));
          currentTarget.value = "";
        }}
      />
      <label for={id} class={isLead ? "button button-primary button-large" : "button"}>
        <Icon name="upload" size={18} />
        {words.slot.pick}
      </label>
    </div>
  );
}

/**
 * A copy: what is behind a chosen file may change or go before it is sent.
 *
 * @throws DOMException: it cannot be read, being in a cloud that is away for one.
 */
async function copied(file: File): Promise<Captured> {
  const bytes = await file.arrayBuffer();
  return { content: new Blob([bytes], { type: file.type }), filename: file.name, seconds: null };
}

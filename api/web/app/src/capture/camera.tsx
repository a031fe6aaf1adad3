import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../shared/components/button";
import { formatDuration } from "../shared/format";
import { strings } from "../strings";
import { nameOf, type Captured } from "./captured";
import { openCamera, release, type Facing, type Trouble } from "./record/devices";
import type { Recording } from "./record/formats";
import { PhotoFailed, takePhoto } from "./record/photo";
import { startRecording, type Recorder } from "./record/recorder";
import { DeviceNotice, troubleOf } from "./trouble";
import { useRecording } from "./use-recording";

const words = strings.capture.camera;

interface CameraProps {
  recording: Recording;
  isVideo: boolean;
  longestSeconds: number | null;
  onDone: (captured: Captured) => void;
  onClose: () => void;
}

/** The camera over the whole screen: a photo by one tap, a video by two. */
export function Camera(props: CameraProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const leave = useRef(props.onClose);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => (before as HTMLElement | null)?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="camera"
      aria-label={words.label}
      onCancel={(event) => {
        event.preventDefault();
        leave.current();
      }}
    >
      <Viewfinder {...props} leave={leave} />
    </dialog>
  );
}

interface ViewfinderProps extends CameraProps {
  /** What Escape does, and a phone's way back. */
  leave: { current: () => void };
}

function Viewfinder({ recording, isVideo, longestSeconds, onDone, onClose, leave }: ViewfinderProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [facing, setFacing] = useState<Facing>("environment");
  const { stream, trouble, reopen } = useCamera(facing, isVideo);
  const [isReady, setReady] = useState(false);
  const [isTaking, setTaking] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    setReady(false);
    if (video.current) video.current.srcObject = stream;
  }, [stream]);

  const done = (content: Blob, seconds: number | null) =>
    onDone({ content, filename: nameOf(recording.format, new Date()), seconds });
  const film = useRecording({
    begin: (onEnd): Promise<Recorder> => startRecording(stream!, recording, null, onEnd),
    longestSeconds,
    onDone: done,
  });
  leave.current = film.isRecording ? film.toggle : onClose; // what was recorded until then is kept
  const shoot = async () => {
    const [track] = stream?.getVideoTracks() ?? [];
    if (!video.current || !track) return;
    setTaking(true);
    setFailed(false);
    try {
      done(await takePhoto(video.current, track, recording.mimeType ?? "image/jpeg"), null);
    } catch (error) {
      setFailed(true);
      if (!(error instanceof PhotoFailed)) throw error;
    } finally {
      setTaking(false);
    }
  };

  if (trouble) return <DeviceNotice trouble={trouble} onAgain={reopen} onClose={onClose} />;
  return (
    <>
      <video
        ref={video}
        class={facing === "user" ? "viewfinder viewfinder-mirrored" : "viewfinder"}
        autoplay
        muted
        playsInline
        aria-label={words.label}
        onPlaying={() => setReady(true)}
      />
      {!isReady && (
        <p class="camera-note" role="status">
          {words.starting}
        </p>
      )}
      {(hasFailed || film.hasFailed) && (
        <p class="camera-note" role="alert">
          {hasFailed ? words.photoFailed : words.failed}
        </p>
      )}
      {film.isRecording && (
        <p class="camera-note camera-live numeric" role="timer" aria-label={words.recording}>
          {formatDuration(film.seconds)}
          {longestSeconds !== null && ` / ${formatDuration(longestSeconds)}`}
        </p>
      )}
      <div class="camera-bar">
        <IconButton icon="close" label={words.close} onClick={() => leave.current()} />
        {isVideo ? (
          <button
            type="button"
            class={film.isRecording ? "shutter shutter-stop" : "shutter shutter-record"}
            aria-label={film.isRecording ? words.stop : words.record}
            disabled={!isReady || film.isEnding}
            onClick={film.toggle}
          />
        ) : (
          <button
            type="button"
            class="shutter"
            aria-label={words.shutter}
            disabled={!isReady || isTaking}
            onClick={() => void shoot()}
          />
        )}
        <IconButton
          icon="reload"
          label={words.turn}
          disabled={film.isRecording}
          onClick={() => setFacing(facing === "user" ? "environment" : "user")}
        />
      </div>
    </>
  );
}

/** The camera's stream while the component is there. */
function useCamera(facing: Facing, withSound: boolean) {
  const [stream, setStream] = useState<MediaStream | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isGone = false;
    let mine: MediaStream | null = null;
    setTrouble(null);
    openCamera(facing, { withSound })
      .then((opened) => {
        mine = opened;
        if (isGone) release(opened);
        else setStream(opened);
      })
      .catch((error: unknown) => isGone || setTrouble(troubleOf(error)));
    return () => {
      isGone = true;
      release(mine);
    };
  }, [facing, withSound, turn]);
  return { stream, trouble, reopen: () => setTurn((n) => n + 1) };
}

import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../shared/components/dialog";
import { formatDuration } from "../shared/format";
import { strings } from "../strings";
import { nameOf, type Captured } from "./captured";
import { openMicrophone, release, type Trouble } from "./record/devices";
import type { Recording } from "./record/formats";
import { measureLevel, SILENCE_DECIBELS, type Level } from "./record/level";
import { startRecording } from "./record/recorder";
import { DeviceNotice, troubleOf } from "./trouble";
import { useRecording } from "./use-recording";

const words = strings.capture.camera;
const QUIET_DECIBELS = -45;
const LOUD_DECIBELS = -3;
const SHOWN_LEVELS = 60;
const LEVEL_MS = 80;

interface SoundRecorderProps {
  recording: Recording;
  longestSeconds: number | null;
  onDone: (captured: Captured) => void;
  onClose: () => void;
}

/** The microphone: how loud it is, how long the recording lasts, one button. */
export function SoundRecorder({ recording, longestSeconds, onDone, onClose }: SoundRecorderProps) {
  const { microphone, trouble, reopen } = useMicrophone();
  const levels = useLevels(microphone?.level ?? null);
  const film = useRecording({
    begin: async (onEnd) => {
      await microphone!.context.resume(); // Safari lets it run only once somebody has tapped
      return startRecording(microphone!.stream, recording, microphone!.context, onEnd);
    },
    longestSeconds,
    onDone: (content, seconds) => onDone({ content, filename: nameOf(recording.format, new Date()), seconds }),
  });
  return (
    // Who leaves in the middle keeps what was recorded until then.
    <Dialog
      title={strings.capture.slot.audio}
      closesOutside={!film.isRecording}
      onClose={film.isRecording ? film.toggle : onClose}
    >
      {trouble ? (
        <DeviceNotice trouble={trouble} onAgain={reopen} onClose={onClose} />
      ) : (
        <div class="sound">
          {film.hasFailed && (
            <p class="notice notice-bad" role="alert">
              {words.failed}
            </p>
          )}
          <Levels levels={levels} isLive={film.isRecording} />
          <p class="sound-time numeric" role="timer" aria-label={words.recording}>
            {formatDuration(film.seconds)}
            {longestSeconds !== null && <span class="muted"> / {formatDuration(longestSeconds)}</span>}
          </p>
          <button
            type="button"
            class={film.isRecording ? "shutter shutter-stop" : "shutter shutter-record"}
            aria-label={film.isRecording ? words.stop : words.record}
            disabled={!microphone || film.isEnding}
            onClick={film.toggle}
          />
          <p class="small muted sound-hint" role="status">
            {film.isRecording ? hintOf(levels) : words.level}
          </p>
        </div>
      )}
    </Dialog>
  );
}

/** Bars of the last seconds, the newest at the right. */
function Levels({ levels, isLive }: { levels: number[]; isLive: boolean }) {
  const now = levels[levels.length - 1] ?? SILENCE_DECIBELS;
  return (
    <div
      class={isLive ? "levels levels-live" : "levels"}
      role="meter"
      aria-label={words.level}
      aria-valuemin={SILENCE_DECIBELS}
      aria-valuemax={0}
      aria-valuenow={Math.round(now)}
      aria-valuetext={`${Math.round(now)} dB`}
    >
      {levels.map((level, index) => (
        <span
          key={index}
          class={level > LOUD_DECIBELS ? "loud" : undefined}
          style={{ height: `${heightOf(level)}%` }}
        />
      ))}
    </div>
  );
}

function heightOf(decibels: number): number {
  return Math.max(3, 100 * (1 - decibels / SILENCE_DECIBELS));
}

/** Only what held for a second is worth saying. */
function hintOf(levels: number[]): string {
  const lately = levels.slice(-12);
  if (lately.filter((level) => level > LOUD_DECIBELS).length > 3) return words.loud;
  return lately.every((level) => level < QUIET_DECIBELS) ? words.quiet : words.recording;
}

function useLevels(level: Level | null): number[] {
  const [levels, setLevels] = useState<number[]>(Array<number>(SHOWN_LEVELS).fill(SILENCE_DECIBELS));
  useEffect(() => {
    if (!level) return;
    const timer = setInterval(() => setLevels((before) => [...before.slice(1), level.decibels()]), LEVEL_MS);
    return () => clearInterval(timer);
  }, [level]);
  return levels;
}

interface Microphone {
  stream: MediaStream;
  context: AudioContext;
  level: Level;
}

function useMicrophone() {
  const [microphone, setMicrophone] = useState<Microphone | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [turn, setTurn] = useState(0);
  const mine = useRef<Microphone | null>(null);
  useEffect(() => {
    let isGone = false;
    setTrouble(null);
    openMicrophone()
      .then((stream) => {
        if (isGone) return release(stream);
        const context = new AudioContext();
        mine.current = { stream, context, level: measureLevel(stream, context) };
        setMicrophone(mine.current);
      })
      .catch((error: unknown) => isGone || setTrouble(troubleOf(error)));
    return () => {
      isGone = true;
      release(mine.current?.stream ?? null);
      void mine.current?.context.close();
      mine.current = null;
    };
  }, [turn]);
  return { microphone, trouble, reopen: () => setTurn((n) => n + 1) };
}

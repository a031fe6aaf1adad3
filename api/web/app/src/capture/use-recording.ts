import { useEffect, useRef, useState } from "preact/hooks";
import type { Recorder } from "./record/recorder";

const TICK_MS = 200;
/** A tick comes late, and what is recorded starts before the clock and ends behind it; a job takes not a moment more. */
const MARGIN_SECONDS = 0.5;

interface Wanted {
  begin: (onEnd: (content: Blob, seconds: number) => void) => Promise<Recorder>;
  /** It ends by itself shortly before. */
  longestSeconds: number | null;
  onDone: (content: Blob, seconds: number) => void;
}

/** When to end a recording that may not be longer, in seconds from its start. */
export function endOf(longestSeconds: number): number {
  return Math.max(longestSeconds - MARGIN_SECONDS, longestSeconds / 2);
}

/** A recording that is begun and ended by the same button. What is left unfinished is thrown away. */
export function useRecording({ begin, longestSeconds, onDone }: Wanted) {
  const recorder = useRef<Recorder | null>(null);
  const isGone = useRef(false);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const [isEnding, setEnding] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  const [seconds, setSeconds] = useState(0);

  const fail = () => {
    setStartedAt(null);
    setEnding(false);
    setFailed(true);
  };
  const end = (content: Blob, lasted: number) => {
    if (isGone.current) return; // by the camera that was let go of
    if (content.size) onDone(content, lasted);
    else fail();
  };
  const start = async () => {
    setFailed(false);
    setSeconds(0);
    try {
      recorder.current = await begin(end);
      setStartedAt(performance.now());
    } catch (error) {
      fail();
      if (!(error instanceof DOMException)) throw error;
    }
  };
  const stop = () => {
    setEnding(true);
    recorder.current?.stop();
  };

  useEffect(() => {
    if (startedAt === null) return;
    const timer = setInterval(() => {
      const passed = (performance.now() - startedAt) / 1000;
      setSeconds(passed);
      if (longestSeconds !== null && passed >= endOf(longestSeconds)) stop();
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [startedAt]);
  useEffect(() => () => void (isGone.current = true), []);

  const toggle = () => (startedAt === null ? void start() : stop());
  return { isRecording: startedAt !== null, isEnding, hasFailed, seconds, toggle };
}

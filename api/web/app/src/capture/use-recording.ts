import { useEffect, useRef, useState } from "preact/hooks";
import { toast } from "../shared/components/toasts";
import { strings } from "../strings";
import type { Recorder } from "./record/recorder";

const TICK_MS = 200;

interface Wanted {
  begin: (onFault: () => void) => Promise<Recorder>;
  /** It ends by itself there. */
  longestSeconds: number | null;
  onDone: (content: Blob, seconds: number) => void;
}

/** A recording that is begun and ended by the same button. What is left unfinished is thrown away. */
export function useRecording({ begin, longestSeconds, onDone }: Wanted) {
  const recorder = useRef<Recorder | null>(null);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const [isEnding, setEnding] = useState(false);
  const [seconds, setSeconds] = useState(0);

  const fail = () => {
    recorder.current = null;
    setStartedAt(null);
    toast(strings.capture.camera.failed, { isFailure: true });
  };
  const start = async () => {
    recorder.current = await begin(fail);
    setSeconds(0);
    setStartedAt(performance.now());
  };
  const stop = async () => {
    if (!recorder.current || startedAt === null) return;
    setEnding(true);
    const lasted = (performance.now() - startedAt) / 1000;
    onDone(await recorder.current.stop(), lasted);
  };

  useEffect(() => {
    if (startedAt === null) return;
    const timer = setInterval(() => {
      const passed = (performance.now() - startedAt) / 1000;
      setSeconds(passed);
      if (longestSeconds !== null && passed >= longestSeconds) void stop();
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [startedAt]);

  const toggle = () => (startedAt === null ? start() : stop());
  return { isRecording: startedAt !== null, isEnding, seconds, toggle };
}

// Where a recording is, forty times a second while it plays.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Playing {
  ref: (media: HTMLMediaElement | null) => void;
  atSeconds: number;
  seek: (seconds: number) => void;
}

export function usePlaying(): Playing {
  const media = useRef<HTMLMediaElement | null>(null);
  const timer = useRef(0);
  const [atSeconds, setAt] = useState(0);
  const follow = useCallback(() => {
    cancelAnimationFrame(timer.current);
    const tick = () => {
      setAt(media.current?.currentTime ?? 0);
      if (media.current && !media.current.paused) timer.current = requestAnimationFrame(tick);
    };
    tick();
  }, []);
  const ref = useCallback((found: HTMLMediaElement | null) => {
    for (const event of ["play", "pause", "seeked", "timeupdate"]) {
      media.current?.removeEventListener(event, follow);
      found?.addEventListener(event, follow);
    }
    media.current = found;
  }, []);
  useEffect(() => () => cancelAnimationFrame(timer.current), []);
  const seek = (seconds: number) => {
    if (media.current) media.current.currentTime = seconds;
    setAt(seconds);
  };
  return { ref, atSeconds, seek };
}

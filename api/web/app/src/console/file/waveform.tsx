import { useEffect, useRef } from "preact/hooks";
import { formatDuration } from "../../shared/format";
import { theme } from "../../shared/theme";
import { strings } from "../../strings";
import { resampled } from "./peaks";

const STEP_SECONDS = 5;
const BAR_PIXELS = 3;
const GAP_PIXELS = 1;

interface WaveformProps {
  peaks: number[];
  durationSeconds: number;
  atSeconds: number;
  onSeek: (seconds: number) => void;
}

/** The loudness of a recording over its time; a click or the arrow keys go to a place in it. */
export function Waveform({ peaks, durationSeconds, atSeconds, onSeek }: WaveformProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const progress = durationSeconds ? atSeconds / durationSeconds : 0;
  useEffect(() => {
    const drawn = canvas.current!;
    const draw = () => paint(drawn, peaks, progress);
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(drawn);
    return () => observer.disconnect();
  }, [peaks, progress, theme.value]);
  const seek = (event: MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    onSeek(((event.clientX - box.left) / box.width) * durationSeconds);
  };
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -STEP_SECONDS, ArrowRight: STEP_SECONDS }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onSeek(Math.min(durationSeconds, Math.max(0, atSeconds + by)));
  };
  return (
    <canvas
      ref={canvas}
      class="waveform"
      role="slider"
      tabIndex={0}
      aria-label={strings.console.file.waveform}
      aria-valuemin={0}
      aria-valuemax={Math.round(durationSeconds)}
      aria-valuenow={Math.round(atSeconds)}
      aria-valuetext={formatDuration(atSeconds)}
      onClick={seek}
      onKeyDown={step}
    />
  );
}

function paint(canvas: HTMLCanvasElement, peaks: number[], progress: number): void {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d")!;
  context.scale(ratio, ratio);
  const colours = getComputedStyle(canvas);
  const [played, ahead] = [colours.getPropertyValue("color"), colours.getPropertyValue("border-top-color")];
  const bars = resampled(peaks, Math.max(1, Math.floor(width / (BAR_PIXELS + GAP_PIXELS))));
  bars.forEach((peak, index) => {
    const bar = Math.max(2, (peak / 100) * height);
    context.fillStyle = (index + 0.5) / bars.length <= progress ? played : ahead;
    context.beginPath();
    context.roundRect(index * (BAR_PIXELS + GAP_PIXELS), (height - bar) / 2, BAR_PIXELS, bar, 1.5);
    context.fill();
  });
}

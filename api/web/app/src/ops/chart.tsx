import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../shared/theme";

export interface Line {
  label: string;
  /** Of the tokens, for example `--series-1`. */
  color: string;
  values: (number | null)[];
  /** The newest value, for the legend. */
  now: string;
}

interface ChartProps {
  /** Read out in the chart's place, with the newest values. */
  label: string;
  /** Seconds since 1970. */
  times: number[];
  lines: Line[];
  height: number;
  /** Upper end of the scale; as the values have it when absent. */
  top?: number;
  format: (value: number) => string;
  isStepped?: boolean;
  /** Moments to mark, seconds since 1970. */
  marks?: number[];
  hasLegend?: boolean;
}

/** Lines over time. The words beside it say the same as the picture. */
export function Chart({ label, lines, hasLegend = true, height, ...rest }: ChartProps) {
  const told = lines.map((line) => `${line.label} ${line.now}`).join(", ");
  return (
    <figure class="chart">
      <Plot {...{ label: `${label}: ${told}`, lines, height, ...rest }} />
      {hasLegend && (
        <figcaption class="legend">
          {lines.map((line) => (
            <span key={line.label}>
              <span class="legend-line" style={{ background: `var(${line.color})` }} />
              {line.label} <strong class="numeric">{line.now}</strong>
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

function Plot({ label, times, lines, height, top, format, isStepped = false, marks = [] }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useScheme();
  const shown = useRef(marks);
  shown.current = marks;
  const shape = lines.map((line) => line.label).join("\n");

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(element, lines, { height, top, format, isStepped, marks: () => shown.current }),
      dataOf(times, lines),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme, shape, height, top]);
  useEffect(() => plot.current?.setData(dataOf(times, lines)), [times, lines]);

  return <div ref={place} class="plot" role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

interface Look {
  height: number;
  top: number | undefined;
  format: (value: number) => string;
  isStepped: boolean;
  marks: () => number[];
}

function optionsOf(element: HTMLElement, lines: Line[], look: Look): uPlot.Options {
  const ink = colorOf(element, "--muted");
  const grid = { stroke: colorOf(element, "--line"), width: 1 };
  const axis = { stroke: ink, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const steps = look.isStepped ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {};
  return {
    width: element.clientWidth,
    height: look.height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, look.top ?? Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, size: 28, space: 80, values: "{HH}:{mm}:{ss}" },
      { ...axis, size: 52, space: 36, values: (_, splits) => splits.map(look.format) },
    ],
    series: [
      {},
      ...lines.map((line) => {
        const stroke = colorOf(element, line.color);
        return {
          stroke,
          width: 2,
          points: { show: false },
          spanGaps: false,
          fill: fillOf(stroke, lines.length),
          ...steps,
        };
      }),
    ] as uPlot.Series[],
    hooks: { draw: [(plot) => drawMarks(plot, look.marks(), colorOf(element, "--warn"))] },
  };
}

/** A change is a dashed line from top to bottom. */
function drawMarks(plot: uPlot, marks: number[], color: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const at of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** An area under a single line; several would hide each other. */
function fillOf(stroke: string, count: number): string | undefined {
  return count > 1 ? undefined : stroke.replace("rgb(", "rgba(").replace(")", ", 0.14)");
}

/** A token as the browser resolves it here: canvases know nothing of custom properties. */
function colorOf(element: HTMLElement, token: string): string {
  element.style.color = `var(${token})`;
  const found = getComputedStyle(element).color;
  element.style.color = "";
  return found;
}

function dataOf(times: number[], lines: Line[]): uPlot.AlignedData {
  return [times, ...lines.map((line) => line.values)];
}

/** Changes with the theme, so that charts are drawn anew in its colours. */
function useScheme(): string {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const listen = () => setDark(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, []);
  return `${theme.value} ${isDark}`;
}

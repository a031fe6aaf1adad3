import { useMemo } from "preact/hooks";
import { formatDuration, formatNumber } from "../shared/format";
import type { OpsOverview } from "../shared/types";
import { strings } from "../strings";
import { Chart } from "./chart";
import type { Sample } from "./series";

const words = strings.ops;
const CHART_HEIGHT = 180;

/** How much waits, and how it came to that. */
export function Queue({ samples }: { samples: readonly Sample[] }) {
  const queue = samples.at(-1)!.overview.queue;
  const times = useMemo(() => samples.map(({ at }) => at), [samples]);
  const lines = useMemo(
    () => [
      {
        label: words.queue.waiting,
        color: "--series-2",
        values: samples.map(({ overview }) => overview.queue.waiting),
        now: formatNumber(queue.waiting),
      },
      {
        label: words.queue.inFlight,
        color: "--series-1",
        values: samples.map(({ overview }) => overview.queue.in_flight),
        now: formatNumber(queue.in_flight),
      },
    ],
    [samples],
  );
  return (
    <section class="card stack" aria-labelledby="queue">
      <header>
        <h2 id="queue">{words.queue.title}</h2>
        <span class="small muted">{words.queue.lately}</span>
      </header>
      <dl class="figures">
        <Figure name={words.queue.waiting} value={formatNumber(queue.waiting)} />
        <Figure name={words.queue.oldest} value={formatDuration(queue.oldest_seconds)} />
        <Figure name={words.queue.inFlight} value={formatNumber(queue.in_flight)} />
        <Figure name={words.queue.needsReview} value={formatNumber(queue.needs_review)} />
      </dl>
      <Chart label={words.queue.chart} times={times} lines={lines} height={CHART_HEIGHT} format={formatNumber} />
      <dl class="small facts-row">
        <Fact name={words.queue.retrying} value={queue.retrying} />
        <Fact name={words.queue.awaitingFile} value={queue.awaiting_file} />
        <Fact name={words.queue.webhooks} value={queue.webhook_deliveries} />
        <Fact name={words.queue.exports} value={queue.exports} />
      </dl>
    </section>
  );
}

/** How fast files are scored, over the last hour as the server knows it. */
export function Throughput({ throughput }: { throughput: OpsOverview["throughput"] }) {
  const perMinute = 60 / throughput.bucket_seconds;
  const series = useMemo(() => {
    const whole = throughput.series.slice(0, -1); // the last stretch is not over
    return {
      times: whole.map(({ at }) => new Date(at).getTime() / 1000),
      values: whole.map(({ files }) => files * perMinute),
    };
  }, [throughput]);
  const now = throughput.per_minute.toFixed(1);
  const lines = useMemo(
    () => [{ label: words.throughput.series, color: "--series-1", values: series.values, now }],
    [series],
  );
  return (
    <section class="card stack" aria-labelledby="throughput">
      <header>
        <h2 id="throughput">{words.throughput.title}</h2>
        <span class="small muted">{words.throughput.lately}</span>
      </header>
      <dl class="figures">
        <Figure name={words.throughput.perMinute} value={now} />
      </dl>
      <Chart
        label={words.throughput.chart}
        times={series.times}
        lines={lines}
        height={CHART_HEIGHT}
        format={formatNumber}
        isStepped
        hasLegend={false}
      />
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt class="muted">{name}</dt>
      <dd class="numeric">{formatNumber(value)}</dd>
    </div>
  );
}

import { Table, type Column } from "../shared/components/table";
import { formatNumber } from "../shared/format";
import type { OpsOverview } from "../shared/types";
import { strings } from "../strings";
import { formatSeconds } from "./seconds";

const words = strings.ops.latency;
type Latency = OpsOverview["latencies"][number];

const COLUMNS: Column<Latency>[] = [
  { title: words.stage, cell: (row) => words.stages[row.stage] ?? row.stage, isLead: true },
  { title: words.count, cell: (row) => formatNumber(row.count), isNumeric: true },
  { title: words.p50, cell: (row) => formatSeconds(row.p50_seconds), isNumeric: true },
  { title: words.p95, cell: (row) => formatSeconds(row.p95_seconds), isNumeric: true },
];

/** How long submissions take in each stage of their way. */
export function Latencies({ overview }: { overview: OpsOverview }) {
  const { window_seconds } = overview;
  return (
    <section class="card card-flush" aria-labelledby="latency">
      <header>
        <h2 id="latency">{words.title}</h2>
        <span class="small muted">
          {window_seconds === null ? words.sinceStart : words.window(Math.round(window_seconds))}
        </span>
      </header>
      <Table caption={words.title} columns={COLUMNS} rows={overview.latencies} keyOf={(row) => row.stage} />
    </section>
  );
}

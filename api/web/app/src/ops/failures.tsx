import { Badge } from "../shared/components/badge";
import { Table, type Column } from "../shared/components/table";
import { formatAge, formatNumber } from "../shared/format";
import type { OpsOverview } from "../shared/types";
import { strings } from "../strings";

const words = strings.ops.failures;
type Failure = OpsOverview["failures"][number];

const COLUMNS: Column<Failure>[] = [
  { title: words.failure, cell: (row) => <span class="wrap-anywhere">{row.failure}</span>, isLead: true },
  { title: words.submission, cell: (row) => <code class="id">{row.submission_id}</code> },
  { title: words.attempts, cell: (row) => formatNumber(row.engine_attempts), isNumeric: true },
  { title: words.at, cell: (row) => formatAge(row.at) },
];

/** Submissions that wait for a person because the engine failed on them. */
export function Failures({ overview: { failures, engine_failures } }: { overview: OpsOverview }) {
  return (
    <section class="card card-flush" aria-labelledby="failures">
      <header>
        <h2 id="failures">{words.title}</h2>
        {engine_failures > 0 && <Badge tone="warn">{words.lately(engine_failures)}</Badge>}
      </header>
      {failures.length ? (
        <Table caption={words.title} columns={COLUMNS} rows={failures} keyOf={(row) => row.submission_id} />
      ) : (
        <p class="muted list-state">{words.none}</p>
      )}
    </section>
  );
}

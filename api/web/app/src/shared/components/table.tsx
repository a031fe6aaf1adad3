import type { ComponentChildren } from "preact";
import { strings } from "../../strings";
import type { Pages } from "../loading";
import { Button } from "./button";
import { FailureState, Skeleton } from "./states";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the end of their column. */
  isNumeric?: boolean;
  /** Stands above the other values where a row becomes a block, on a phone. */
  isLead?: boolean;
}

interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
}

export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <div class="table-scroll">
      {/* The roles are those of the elements, which lose them where a row is drawn as a block. */}
      <table class="table table-cards" role="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.title} scope="col" role="columnheader" class={column.isNumeric ? "end" : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column) => (
                <td key={column.title} role="cell" data-label={column.title || undefined} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A list with its states: loading, empty, failed, and more to come. */
export function PagedTable<Row>({
  pages,
  empty,
  ...table
}: Omit<TableProps<Row>, "rows"> & { pages: Pages<Row>; empty: ComponentChildren }) {
  if (pages.failure && !pages.items.length) return <FailureState failure={pages.failure} onRetry={pages.reload} />;
  if (!pages.items.length)
    return <div class="list-state">{pages.isLoading ? <Skeleton lines={4} height="2rem" /> : empty}</div>;
  return (
    <>
      <Table {...table} rows={pages.items} />
      {pages.failure && <FailureState failure={pages.failure} onRetry={pages.more} />}
      {pages.hasMore && !pages.failure && (
        <div class="list-more">
          <Button isBusy={pages.isLoading} onClick={pages.more}>
            {strings.actions.more}
          </Button>
        </div>
      )}
    </>
  );
}

function classOf<Row>(column: Column<Row>): string | undefined {
  return [column.isNumeric && "end numeric", column.isLead && "lead"].filter(Boolean).join(" ") || undefined;
}

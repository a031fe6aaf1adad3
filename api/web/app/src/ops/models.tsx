import { useMemo, useState } from "preact/hooks";
import { Button } from "../shared/components/button";
import { EmptyState } from "../shared/components/states";
import { formatNumber, formatPercent } from "../shared/format";
import { may } from "../shared/session";
import type { OpsModel, OpsOverview } from "../shared/types";
import { strings } from "../strings";
import { BatchDialog } from "./batch-dialog";
import { Chart } from "./chart";
import { formatSeconds } from "./seconds";
import { itemsPerBatch, utilisation, type Sample } from "./series";
import { changes } from "./watch";

const words = strings.ops.models;
const SHARED_HEIGHT = 180;
const CARD_HEIGHT = 110;
const DIGEST_SHOWN = 12;

/** What each model does, and how its batches form. */
export function Models({ samples, overview }: { samples: readonly Sample[]; overview: OpsOverview }) {
  if (!overview.models.length) {
    return (
      <EmptyState icon="server" title={words.none}>
        <p>{words.noneText}</p>
      </EmptyState>
    );
  }
  return (
    <section class="stack" aria-labelledby="models">
      <div class="row between">
        <h2 id="models">{words.title}</h2>
        {!may("ops:write") && <span class="small muted">{strings.ops.batch.readOnly}</span>}
      </div>
      <div class="card stack">
        <h3>{words.utilisation}</h3>
        <Utilisation samples={samples} models={overview.models} />
      </div>
      <div class="model-cards">
        {overview.models.map((model) => (
          <ModelCard key={model.role} model={model} samples={samples} />
        ))}
      </div>
    </section>
  );
}

function Utilisation({ samples, models }: { samples: readonly Sample[]; models: OpsModel[] }) {
  const times = useMemo(() => samples.map(({ at }) => at), [samples]);
  const lines = useMemo(
    () =>
      models.map((model, index) => {
        const values = utilisation(samples, model.role);
        return { label: nameOf(model), color: `--series-${index + 1}`, values, now: percentOf(values.at(-1)) };
      }),
    [samples],
  );
  return (
    <Chart
      label={words.utilisationChart}
      times={times}
      lines={lines}
      height={SHARED_HEIGHT}
      top={1}
      format={formatPercent}
      marks={[...changes.value.values()].flat()}
    />
  );
}

function ModelCard({ model, samples }: { model: OpsModel; samples: readonly Sample[] }) {
  const [isChanging, setChanging] = useState(false);
  const { batch } = model;
  const unit = words.units[model.role] ?? "";
  return (
    <article class="card stack model" aria-labelledby={`model-${model.role}`} data-role={model.role}>
      <header>
        <div>
          <h3 id={`model-${model.role}`}>{nameOf(model)}</h3>
          <p class="small muted wrap-anywhere">
            {model.name} {model.version}
          </p>
        </div>
        <span class="badge">{words.replicas(model.replicas)}</span>
      </header>
      <ItemsChart model={model} samples={samples} />
      <dl class="facts small">
        <Fact name={words.utilisation} value={percentOf(model.utilisation)} />
        <Fact name={words.fill} value={percentOf(model.mean_fill)} />
        <Fact name={words.queued} value={`${formatNumber(model.queued)} · ${words.running} ${model.running}`} />
        <Fact
          name={words.items}
          value={`${formatNumber(model.items)} · ${words.batches} ${formatNumber(model.batches)} · ${words.failed} ${formatNumber(model.failed_items)}`}
        />
        <dt>{words.weights}</dt>
        <dd>
          <code title={model.weights_digest}>{model.weights_digest.slice(0, DIGEST_SHOWN)}</code> · {model.precision}
        </dd>
        <dt>{words.batch}</dt>
        <dd class="numeric" data-batch>
          {words.batchText(
            batch.max_items,
            formatNumber(batch.max_cost),
            unit,
            formatSeconds(batch.wait_seconds),
            batch.concurrent,
          )}
        </dd>
      </dl>
      {may("ops:write") && (
        <Button size="small" aria-label={words.changeOf(nameOf(model))} onClick={() => setChanging(true)}>
          {words.change}
        </Button>
      )}
      {isChanging && <BatchDialog model={model} name={nameOf(model)} unit={unit} onClose={() => setChanging(false)} />}
    </article>
  );
}

/** Items of a batch over time; a change made here is marked, so that its effect is seen. */
function ItemsChart({ model, samples }: { model: OpsModel; samples: readonly Sample[] }) {
  const times = useMemo(() => samples.map(({ at }) => at), [samples]);
  const lines = useMemo(() => {
    const values = itemsPerBatch(samples, model.role);
    const newest = values.at(-1) ?? model.items_per_batch;
    const now = newest === null ? words.noData : newest.toFixed(1);
    return [{ label: words.itemsPerBatch, color: "--series-1", values, now }];
  }, [samples]);
  return (
    <Chart
      label={words.itemsChart(nameOf(model))}
      times={times}
      lines={lines}
      height={CARD_HEIGHT}
      top={model.batch.max_items}
      format={formatNumber}
      marks={changes.value.get(model.role) ?? []}
    />
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd class="numeric">{value}</dd>
    </>
  );
}

function nameOf(model: OpsModel): string {
  return words.roles[model.role] ?? model.role;
}

function percentOf(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : formatPercent(share);
}

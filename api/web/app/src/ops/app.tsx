import { useEffect } from "preact/hooks";
import { Badge } from "../shared/components/badge";
import { Button, IconButton } from "../shared/components/button";
import { Shell } from "../shared/components/shell";
import { EmptyState, FailureNotice, FailureState, Skeleton } from "../shared/components/states";
import { toastFailure } from "../shared/components/toasts";
import { formatTime } from "../shared/format";
import { may, session, signOut } from "../shared/session";
import type { OpsOverview } from "../shared/types";
import { strings } from "../strings";
import { Failures } from "./failures";
import { Latencies } from "./latencies";
import { Models } from "./models";
import { Queue, Throughput } from "./queue";
import { failure, isPaused, look, samples, watch } from "./watch";

const words = strings.ops;

/** The page, for whoever is signed in. */
export function App() {
  const out = () => void signOut().catch(toastFailure);
  return (
    <Shell home="/ops" places={[]} end={<IconButton icon="out" label={words.signOut} onClick={out} />}>
      {may("ops:read") ? <Watched /> : <Refused onOther={out} />}
    </Shell>
  );
}

function Refused({ onOther }: { onOther: () => void }) {
  return (
    <EmptyState icon="key" title={words.refused.title}>
      <p>{words.refused.text}</p>
      <p class="small">{words.refused.signedInAs(session.value?.key_name ?? "")}</p>
      <Button look="primary" onClick={onOther}>
        {words.refused.other}
      </Button>
    </EmptyState>
  );
}

function Watched() {
  useEffect(watch, []);
  const newest = samples.value.at(-1)?.overview;
  if (!newest) {
    return failure.value ? (
      <FailureState failure={failure.value} onRetry={() => void look()} />
    ) : (
      <Skeleton lines={6} height="3rem" />
    );
  }
  return (
    <>
      <Head overview={newest} />
      {failure.value && (
        <>
          <FailureNotice failure={failure.value} />
          <p class="muted small">{words.live.asOf(formatTime(newest.at))}</p>
        </>
      )}
      <div class="ops-pair">
        <Queue samples={samples.value} />
        <Throughput throughput={newest.throughput} />
      </div>
      <Models samples={samples.value} overview={newest} />
      <div class="ops-pair">
        <Latencies overview={newest} />
        <Failures overview={newest} />
      </div>
    </>
  );
}

function Head({ overview }: { overview: OpsOverview }) {
  return (
    <header class="page-head">
      <div class="stack-s">
        <h1>{words.title}</h1>
        <p class="muted">{words.lead(overview.profile, overview.engine_version)}</p>
      </div>
      <div class="row" role="status">
        {!failure.value &&
          Object.entries(overview.checks).map(([name, state]) => (
            <Badge key={name} tone={state === "ok" ? "ok" : "bad"}>
              {words.checks.names[name] ?? name}: {state === "ok" ? words.checks.ok : state}
            </Badge>
          ))}
        <LiveBadge />
      </div>
    </header>
  );
}

function LiveBadge() {
  if (failure.value) return <Badge tone="bad">{words.live.away}</Badge>;
  if (isPaused.value) return <Badge tone="warn">{words.live.paused}</Badge>;
  return (
    <Badge tone="ok">
      <span class="pulse" aria-hidden="true" />
      {words.live.on}
    </Badge>
  );
}

// What lies between two answers of the server: rates and shares, for charts that move.
import type { OpsModel, OpsOverview } from "../shared/types";

export interface Sample {
  /** Seconds since 1970, by the server's clock. */
  at: number;
  overview: OpsOverview;
}

/** Samples that are kept: five minutes at one every two seconds. */
export const KEPT = 150;
/** Rates are taken over so many samples: one alone says more of chance than of the model. */
const SPAN = 5;

export function keep(samples: readonly Sample[], overview: OpsOverview): Sample[] {
  const at = new Date(overview.at).getTime() / 1000;
  return [...samples.slice(1 - KEPT), { at, overview }];
}

/** Share of the time that a model's batch slots were at work, 0 to 1, at each sample. */
export function utilisation(samples: readonly Sample[], role: string): (number | null)[] {
  return overSpans(samples, role, (now, before, seconds) => {
    const slots = now.replicas * now.batch.concurrent;
    return slots ? Math.min(1, (now.run_seconds - before.run_seconds) / (seconds * slots)) : null;
  });
}

/** Items of a batch on average, at each sample; `null` where no batch ran. */
export function itemsPerBatch(samples: readonly Sample[], role: string): (number | null)[] {
  return overSpans(samples, role, (now, before) => {
    const batches = now.batches - before.batches;
    return batches ? (now.items - before.items) / batches : null;
  });
}

type Rate = (now: OpsModel, before: OpsModel, seconds: number) => number | null;

function overSpans(samples: readonly Sample[], role: string, rate: Rate): (number | null)[] {
  return samples.map((sample, index) => {
    const earlier = samples[Math.max(0, index - SPAN)];
    const now = modelOf(sample, role);
    const before = earlier && modelOf(earlier, role);
    if (!earlier || !now || !before || earlier === sample) return null;
    // Replicas that started anew count from zero.
    if (now.batches < before.batches || now.run_seconds < before.run_seconds) return null;
    return rate(now, before, sample.at - earlier.at);
  });
}

function modelOf({ overview }: Sample, role: string): OpsModel | undefined {
  return overview.models.find((model) => model.role === role);
}

import { expect, test } from "vitest";
import { itemsPerBatch, keep, KEPT, utilisation, type Sample } from "../src/ops/series";
import type { OpsOverview } from "../src/shared/types";

const START = Date.parse("2026-11-25T12:00:00Z");

function overview(seconds: number, batches: number, items: number, runSeconds: number, replicas = 1): OpsOverview {
  const model = { role: "text", batches, items, run_seconds: runSeconds, replicas, batch: { concurrent: 1 } };
  return { at: new Date(START + seconds * 1000).toISOString(), models: [model] } as unknown as OpsOverview;
}

function samplesOf(...counted: Parameters<typeof overview>[]): Sample[] {
  return counted.reduce<Sample[]>((samples, one) => keep(samples, overview(...one)), []);
}

test("the share of time at work is of the replicas' slots", () => {
  expect(utilisation(samplesOf([0, 0, 0, 0], [2, 1, 4, 1], [4, 3, 12, 2]), "text")).toEqual([null, 0.5, 0.5]);
  expect(utilisation(samplesOf([0, 0, 0, 0, 2], [2, 1, 4, 2, 2]), "text")).toEqual([null, 0.5]);
  expect(utilisation(samplesOf([0, 0, 0, 0], [2, 1, 4, 9]), "text")).toEqual([null, 1]);
});

test("items of a batch are of the batches that ran", () => {
  expect(itemsPerBatch(samplesOf([0, 0, 0, 0], [2, 2, 8, 1], [4, 2, 8, 1], [6, 3, 16, 2]), "text")).toEqual([
    null,
    4,
    4,
    16 / 3,
  ]);
  expect(itemsPerBatch(samplesOf([0, 5, 5, 0], [2, 5, 5, 0]), "text")).toEqual([null, null]);
});

test("replicas that started anew have no rate until there are two looks at them", () => {
  expect(itemsPerBatch(samplesOf([0, 50, 90, 9], [2, 1, 1, 0.1]), "text")).toEqual([null, null]);
});

test("a role that is not there has none", () => {
  expect(utilisation(samplesOf([0, 0, 0, 0], [2, 1, 1, 1]), "speech")).toEqual([null, null]);
});

test("memory is bounded", () => {
  const many = Array.from({ length: KEPT + 20 }, (_, n) => [2 * n, n, n, n] as Parameters<typeof overview>);
  const samples = samplesOf(...many);
  expect(samples).toHaveLength(KEPT);
  expect(samples[0]?.at).toBe(START / 1000 + 40);
});

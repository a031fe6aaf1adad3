// What is typed into the form of a new job, and the request that it becomes.
import type { ApiFailure } from "../../shared/failure";
import { numberOf } from "../../shared/typed";
import type { JobCreate, Requirements } from "../../shared/types";

export type Kind = "image" | "audio" | "video";

export const FORMATS: Record<Kind, string[]> = {
  image: ["jpeg", "png", "webp", "heic"],
  audio: ["mp3", "wav", "m4a", "flac", "ogg"],
  video: ["mp4", "mov", "webm"],
};
const LEAST_DESCRIPTION = 10;

export interface Draft {
  title: string;
  description: string;
  kind: Kind;
  formats: string[];
  guidelines: string;
  quantity: string;
  reward: string;
  stars: number;
  /** As `<input type="datetime-local">` has it: local time without a zone. */
  deadline: string;
  minWidth: string;
  minHeight: string;
  minSeconds: string;
  maxSeconds: string;
  language: string;
  mustShow: string;
  mustContain: string;
  forbidFaces: boolean;
  keepLocation: boolean;
  criteria: string;
  /** Files that one worker sends together. */
  atATime: string;
  maxWorkers: string;
  /** Degrees north, degrees east, and kilometres around. */
  lat: string;
  lng: string;
  radius: string;
  /** Lines of `key = value`. */
  metadata: string;
}

/** What every part of the form gets. */
export interface PartProps {
  draft: Draft;
  failure: ApiFailure | undefined;
  set: (change: Partial<Draft>) => void;
}

export const EMPTY_DRAFT: Draft = {
  title: "",
  description: "",
  kind: "image",
  formats: [],
  guidelines: "",
  quantity: "50",
  reward: "25",
  stars: 3,
  deadline: "",
  minWidth: "",
  minHeight: "",
  minSeconds: "",
  maxSeconds: "",
  language: "",
  mustShow: "",
  mustContain: "",
  forbidFaces: false,
  keepLocation: false,
  criteria: "",
  atATime: "1",
  maxWorkers: "",
  lat: "",
  lng: "",
  radius: "",
  metadata: "",
};

/** Credits that posting the job holds; `null` while quantity and reward are no numbers. */
export function costOf(draft: Draft): number | null {
  const quantity = wholeOf(draft.quantity);
  const reward = wholeOf(draft.reward);
  return quantity === undefined || reward === undefined ? null : quantity * reward;
}

/** Whether a file could be scored against it. */
export function isDescribed(draft: Draft): boolean {
  return draft.description.trim().length >= LEAST_DESCRIPTION;
}

export function requestOf(draft: Draft): JobCreate {
  const request = {
    description: draft.description.trim(),
    content_type: draft.kind,
    file_formats: draft.formats,
    // What is no number is sent as it is: the API says what is wrong with it.
    quantity: wholeOf(draft.quantity) ?? draft.quantity,
    reward_per_file: wholeOf(draft.reward) ?? draft.reward,
    min_star_rating: draft.stars,
    requirements: requirementsOf(draft),
    keep_location: draft.kind === "image" && draft.keepLocation,
    ...filledIn({
      title: draft.title.trim(),
      worker_guidelines: draft.guidelines.trim(),
      deadline: draft.deadline && new Date(draft.deadline).toISOString(),
      scoring_criteria: draft.criteria.trim(),
      files_per_submission: draft.atATime === "1" ? undefined : numberOf(draft.atATime),
      max_workers: numberOf(draft.maxWorkers),
      location: placeOf(draft),
      metadata: metadataOf(draft.metadata),
    }),
  };
  return request as JobCreate;
}

/** What scores a file as the job would. */
export function scoreFormOf(draft: Draft, file: File): FormData {
  const form = new FormData();
  // Fields first: the server reads a form as it comes.
  form.set("description", draft.description.trim());
  form.set("content_type", draft.kind);
  form.set("file_formats", draft.formats.join(","));
  form.set("requirements", JSON.stringify(requirementsOf(draft)));
  form.set("file", file, file.name || "file");
  return form;
}

/** Only what suits the kind of file. */
export function requirementsOf(draft: Draft): Requirements {
  const isSeen = draft.kind !== "audio";
  const isHeard = draft.kind !== "image";
  return filledIn({
    min_width: isSeen ? numberOf(draft.minWidth) : undefined,
    min_height: isSeen ? numberOf(draft.minHeight) : undefined,
    min_duration_seconds: isHeard ? numberOf(draft.minSeconds) : undefined,
    max_duration_seconds: isHeard ? numberOf(draft.maxSeconds) : undefined,
    language: isHeard ? draft.language.trim() : undefined,
    must_show: isSeen ? linesOf(draft.mustShow) : undefined,
    must_contain_text: linesOf(draft.mustContain),
    forbid_faces: isSeen && draft.forbidFaces ? true : undefined,
  }) as Requirements;
}

/** A place with one of its numbers missing is sent too: the API says which. */
function placeOf({ lat, lng, radius }: Draft): object | undefined {
  const place = filledIn({ lat: numberOf(lat), lng: numberOf(lng), radius_km: numberOf(radius) });
  return Object.keys(place).length ? place : undefined;
}

function metadataOf(text: string): Record<string, string> | undefined {
  const pairs = linesOf(text)?.map((line) => {
    const [key = "", ...rest] = line.split("=");
    return [key.trim(), rest.join("=").trim()];
  });
  return pairs && (Object.fromEntries(pairs) as Record<string, string>);
}

function filledIn(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
}

function linesOf(text: string): string[] | undefined {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return lines.length ? lines : undefined;
}

function wholeOf(text: string): number | undefined {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}

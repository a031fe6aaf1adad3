import { CopyButton } from "../../shared/components/button";
import { formatMoney, formatNumber, formatTime } from "../../shared/format";
import type { Job } from "../../shared/types";
import { strings } from "../../strings";

const TEXT = strings.console.job;

/** What was asked for, as it was posted. */
export function Details({ job }: { job: Job }) {
  const rows: [string, string | null][] = [
    [TEXT.guidelines, job.worker_guidelines],
    [TEXT.formats, job.file_formats.join(", ")],
    [TEXT.reward, formatMoney(job.reward_per_file)],
    [TEXT.minStars, strings.stars(job.min_star_rating)],
    [TEXT.requirements, requirementsOf(job)],
    [TEXT.criteria, job.scoring_criteria],
    [TEXT.atATime, job.files_per_submission > 1 ? TEXT.files(job.files_per_submission) : null],
    [TEXT.maxWorkers, job.max_workers === null ? null : formatNumber(job.max_workers)],
    [TEXT.place, job.location && TEXT.placeAround(job.location.lat, job.location.lng, job.location.radius_km)],
    [TEXT.keepLocation, job.keep_location ? TEXT.keepLocationText : null],
    [TEXT.deadline, job.deadline && formatTime(job.deadline)],
    [TEXT.created, formatTime(job.created_at)],
    [TEXT.ended, job.ended_at && formatTime(job.ended_at)],
    [TEXT.metadata, linesOf(job.metadata)],
  ];
  return (
    <section class="card stack">
      <h2>{TEXT.details}</h2>
      <p class="description">{job.description}</p>
      <dl class="facts">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div class="facts-row" key={name}>
              <dt>{name}</dt>
              <dd class="multiline">{value}</dd>
            </div>
          ))}
        <div class="facts-row">
          <dt>{TEXT.id}</dt>
          <dd class="row">
            <code>{job.id}</code> <CopyButton text={job.id} />
          </dd>
        </div>
      </dl>
    </section>
  );
}

function requirementsOf(job: Job): string {
  return Object.entries(job.requirements)
    .filter(([, value]) => value !== null && value !== false && !(Array.isArray(value) && !value.length))
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${Array.isArray(value) ? value.join(", ") : String(value)}`)
    .join("; ");
}

function linesOf(metadata: Job["metadata"]): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key} = ${String(value)}`)
    .join("\n");
}

import { useEffect, useState } from "preact/hooks";
import { api } from "../shared/api";
import { Badge, Stars } from "../shared/components/badge";
import { Button } from "../shared/components/button";
import { SelectField, TextField } from "../shared/components/field";
import { Icon } from "../shared/components/icon";
import { EmptyState, FailureState, Skeleton } from "../shared/components/states";
import { useLoaded } from "../shared/loading";
import { navigate, query } from "../shared/router";
import { useTitle } from "../shared/title";
import type { SearchResult } from "../shared/types";
import { strings } from "../strings";
import { deliveredPreviewUrl } from "./file/preview";
import { keepOrder } from "./gallery/order";

const TEXT = strings.console.search;
const JOBS_SHOWN = 100;
const RESULTS = 60;

/** Delivered files by meaning. What is searched for is in the address. */
export function Search() {
  const asked = query.value.get("q") ?? "";
  const jobId = query.value.get("job") ?? "";
  const [text, setText] = useState(asked);
  const jobs = useLoaded((signal) => api.get("/v1/jobs", { query: { limit: JOBS_SHOWN }, signal }), []);
  const search = (q: string, job: string) => {
    const next = new URLSearchParams({ ...(q ? { q } : {}), ...(job ? { job } : {}) });
    navigate(`/console/search?${next.toString()}`, { replace: true });
  };
  useTitle(asked ? `${asked} · ${TEXT.title}` : TEXT.title);
  const choices = [
    { value: "", label: TEXT.allJobs },
    ...(jobs.data?.data ?? []).map((job) => ({ value: job.id, label: job.title })),
  ];
  if (jobId && !choices.some((choice) => choice.value === jobId)) choices.push({ value: jobId, label: jobId });
  return (
    <>
      <h1>{TEXT.title}</h1>
      <form
        class="card search-form"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search(text.trim(), jobId);
        }}
      >
        <TextField
          label={TEXT.label}
          placeholder={TEXT.placeholder}
          type="search"
          maxLength={500}
          value={text}
          onText={setText}
        />
        <SelectField label={TEXT.job} choices={choices} value={jobId} onChoice={(job) => search(asked, job)} />
        <Button type="submit" look="primary" icon="search">
          {TEXT.submit}
        </Button>
      </form>
      {asked ? <Results asked={asked} jobId={jobId} /> : <EmptyState icon="search" title={TEXT.lead} />}
    </>
  );
}

function Results({ asked, jobId }: { asked: string; jobId: string }) {
  const { data, failure, isLoading, reload } = useLoaded(
    (signal) =>
      api.get("/v1/search", { query: { q: asked, limit: RESULTS, ...(jobId ? { job_id: jobId } : {}) }, signal }),
    [asked, jobId],
  );
  const found = data?.data ?? [];
  useEffect(() => keepOrder(found.map((one) => one.file.submission_id)), [data]);
  if (failure) return <FailureState failure={failure} onRetry={reload} />;
  if (!data || isLoading) return <Skeleton lines={3} height="6rem" />;
  if (!found.length) {
    return (
      <EmptyState icon="search" title={TEXT.empty}>
        <p>{TEXT.emptyLead}</p>
      </EmptyState>
    );
  }
  return (
    <section class="stack">
      <h2 aria-live="polite">{TEXT.results(found.length)}</h2>
      <ul class="results">
        {found.map((one) => (
          <li key={one.file.id}>
            <Result found={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Result({ found }: { found: SearchResult }) {
  const { file } = found;
  return (
    <a class="tile" href={`/console/files/${file.submission_id}`}>
      <span class="tile-picture">
        {file.content_type === "audio" ? (
          <Icon name="audio" size={28} />
        ) : (
          <img src={deliveredPreviewUrl(file.submission_id, "thumbnail.jpg")} alt="" loading="lazy" decoding="async" />
        )}
      </span>
      <span class="result-caption">
        <span class="row between">
          <Stars count={file.score} />
          <span class="small muted numeric">{found.score.toFixed(2)}</span>
        </span>
        <span class="row">
          <Badge>{TEXT.matched[found.matched]}</Badge>
          {found.contains_words && <Badge tone="ok">{TEXT.words}</Badge>}
        </span>
        <span class="small wrap-anywhere clamp">{file.filename}</span>
      </span>
    </a>
  );
}

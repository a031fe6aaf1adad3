import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../shared/api";
import { useAttempt } from "../../shared/attempt";
import { Button } from "../../shared/components/button";
import { FailureNotice } from "../../shared/components/states";
import { toast } from "../../shared/components/toasts";
import { ApiFailure } from "../../shared/failure";
import { newKey } from "../../shared/new-key";
import { navigate } from "../../shared/router";
import { may, session } from "../../shared/session";
import { useTitle } from "../../shared/title";
import { strings } from "../../strings";
import { BackLink } from "../back-link";
import { Advanced } from "./advanced";
import { Cost } from "./cost";
import { Demands } from "./demands";
import { EMPTY_DRAFT, requestOf, type Draft } from "./draft";
import { Terms } from "./terms";
import { TryIt } from "./try-it";
import { What } from "./what";

const TEXT = strings.console.create;

/** A date without its time has no value, and would be no deadline at all. */
function requireWholeDeadline(form: HTMLFormElement | null): void {
  if (form?.querySelector<HTMLInputElement>("input[type=datetime-local]")?.validity.badInput)
    throw new ApiFailure(TEXT.halfDeadline, 0, "half_deadline", null, "deadline");
}

/** What was typed and is not posted yet: the way to the credits and back, or to a new session, loses nothing of it. */
let typed: { keyId: string | undefined; draft: Draft } | null = null;

export function CreateJob() {
  const keyId = session.value?.key_id;
  const [draft, setDraft] = useState(typed?.keyId === keyId && typed ? typed.draft : EMPTY_DRAFT);
  useEffect(() => void (typed = { keyId, draft }), [draft]);
  // The same for every try of this form: a job is posted once, however often it is sent.
  const [once, setOnce] = useState(newKey);
  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setOnce(newKey());
  };
  const { failure, isBusy, run } = useAttempt(async () => {
    requireWholeDeadline(form.current);
    const job = await api.post("/v1/jobs", { body: requestOf(draft), headers: { "Idempotency-Key": once } });
    typed = null;
    toast(TEXT.posted);
    navigate(`/console/jobs/${job.id}`);
  });
  const form = useRef<HTMLFormElement>(null);
  // Where the API found a fault; the section that it is in has opened by now.
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [failure]);
  useTitle(TEXT.title);
  const part = { draft, failure, set };
  return (
    <>
      <div class="stack-s">
        <BackLink href="/console">{strings.console.backToJobs}</BackLink>
        <h1>{TEXT.title}</h1>
        <p class="muted">{TEXT.lead}</p>
      </div>
      <div class="with-aside">
        <form ref={form} class="stack" onSubmit={run} noValidate>
          <What {...part} />
          <Terms {...part} />
          <Demands {...part} />
          <Advanced {...part} />
          {failure && <FailureNotice failure={failure} />}
          <div>
            <Button type="submit" look="primary" size="large" isBusy={isBusy}>
              {TEXT.submit}
            </Button>
          </div>
        </form>
        <aside class="stack">
          <Cost draft={draft} />
          {may("submissions:write") && <TryIt draft={draft} />}
        </aside>
      </div>
    </>
  );
}

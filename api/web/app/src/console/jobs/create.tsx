import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { Button, LinkButton } from "../../shared/components/button";
import { CheckField, Segmented, SelectField, TextArea, TextField } from "../../shared/components/field";
import { FailureNotice } from "../../shared/components/states";
import { toast } from "../../shared/components/toasts";
import type { ApiFailure } from "../../shared/failure";
import { formatCredits, formatMoney } from "../../shared/format";
import { asFailure, useLoaded } from "../../shared/loading";
import { navigate } from "../../shared/router";
import { may, session } from "../../shared/session";
import { useTitle } from "../../shared/title";
import { strings } from "../../strings";
import { BackLink } from "../back-link";
import { costOf, EMPTY_DRAFT, FORMATS, requestOf, type Draft, type Kind } from "./draft";
import { TryIt } from "./try-it";

const TEXT = strings.console.create;

interface PartProps {
  draft: Draft;
  failure: ApiFailure | undefined;
  set: (change: Partial<Draft>) => void;
}

export function CreateJob() {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  // The same for every try of this form: a job is posted once, however often it is sent.
  const [once, setOnce] = useState(() => crypto.randomUUID());
  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setOnce(crypto.randomUUID());
  };
  const post = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      const job = await api.post("/v1/jobs", { body: requestOf(draft), headers: { "Idempotency-Key": once } });
      toast(TEXT.posted);
      navigate(`/console/jobs/${job.id}`);
    } catch (error) {
      setFailure(asFailure(error));
      setBusy(false);
    }
  };
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
        <form class="stack" onSubmit={(event) => void post(event)} noValidate>
          <What {...part} />
          <Terms {...part} />
          <Demands {...part} />
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

function What({ draft, failure, set }: PartProps) {
  const kinds = (Object.keys(FORMATS) as Kind[]).map((value) => ({ value, label: strings.console.kinds[value] }));
  const toggle = (format: string, isWanted: boolean) =>
    set({ formats: isWanted ? [...draft.formats, format] : draft.formats.filter((one) => one !== format) });
  return (
    <section class="card stack">
      <h2>{TEXT.what}</h2>
      <TextArea
        label={TEXT.description}
        hint={TEXT.descriptionHint}
        error={failure?.of("description")}
        rows={4}
        maxLength={5000}
        required
        value={draft.description}
        onText={(description) => set({ description })}
      />
      <TextField
        label={TEXT.name}
        hint={TEXT.nameHint}
        error={failure?.of("title")}
        maxLength={100}
        value={draft.title}
        onText={(title) => set({ title })}
      />
      <div class="field">
        <span class="label">{TEXT.kind}</span>
        <div>
          <Segmented
            label={TEXT.kind}
            choices={kinds}
            value={draft.kind}
            onChoice={(kind) => set({ kind, formats: [] })}
          />
        </div>
      </div>
      <fieldset class="field">
        <legend class="label">{TEXT.formats}</legend>
        <div class="row">
          {FORMATS[draft.kind].map((format) => (
            <CheckField
              key={format}
              label={format}
              isChecked={draft.formats.includes(format)}
              onCheck={(isWanted) => toggle(format, isWanted)}
            />
          ))}
        </div>
        <span class="field-hint">{TEXT.formatsHint}</span>
      </fieldset>
      <TextArea
        label={TEXT.guidelines}
        hint={TEXT.guidelinesHint}
        error={failure?.of("worker_guidelines")}
        rows={3}
        maxLength={5000}
        value={draft.guidelines}
        onText={(guidelines) => set({ guidelines })}
      />
    </section>
  );
}

function Terms({ draft, failure, set }: PartProps) {
  return (
    <section class="card stack">
      <h2>{TEXT.terms}</h2>
      <div class="fields">
        <TextField
          label={TEXT.quantity}
          error={failure?.of("quantity")}
          inputMode="numeric"
          required
          value={draft.quantity}
          onText={(quantity) => set({ quantity })}
        />
        <TextField
          label={TEXT.reward}
          hint={TEXT.rewardHint}
          error={failure?.of("reward_per_file")}
          inputMode="numeric"
          required
          value={draft.reward}
          onText={(reward) => set({ reward })}
        />
        <SelectField
          label={TEXT.stars}
          value={String(draft.stars)}
          choices={["1", "2", "3", "4", "5"].map((value) => ({ value, label: TEXT.starsChoice(Number(value)) }))}
          onChoice={(stars) => set({ stars: Number(stars) })}
        />
        <TextField
          label={TEXT.deadline}
          hint={TEXT.deadlineHint}
          error={failure?.of("deadline")}
          type="datetime-local"
          value={draft.deadline}
          onText={(deadline) => set({ deadline })}
        />
      </div>
    </section>
  );
}

function Demands({ draft, failure, set }: PartProps) {
  const isSeen = draft.kind !== "audio";
  const isHeard = draft.kind !== "image";
  const small = (name: "minWidth" | "minHeight" | "minSeconds" | "maxSeconds", field: string) => (
    <TextField
      label={TEXT[name]}
      error={failure?.of(`requirements.${field}`)}
      inputMode="decimal"
      value={draft[name]}
      onText={(text) => set({ [name]: text })}
    />
  );
  return (
    <details class="card disclosure">
      <summary>
        <h2>{TEXT.requirements}</h2>
        <span class="muted small">{TEXT.requirementsHint}</span>
      </summary>
      <div class="stack">
        <div class="fields">
          {isSeen && small("minWidth", "min_width")}
          {isSeen && small("minHeight", "min_height")}
          {isHeard && small("minSeconds", "min_duration_seconds")}
          {isHeard && small("maxSeconds", "max_duration_seconds")}
          {isHeard && (
            <TextField
              label={TEXT.language}
              hint={TEXT.languageHint}
              error={failure?.of("requirements.language")}
              maxLength={3}
              value={draft.language}
              onText={(language) => set({ language })}
            />
          )}
        </div>
        {isSeen && (
          <TextArea
            label={TEXT.mustShow}
            hint={TEXT.mustShowHint}
            rows={2}
            value={draft.mustShow}
            onText={(mustShow) => set({ mustShow })}
          />
        )}
        <TextArea
          label={TEXT.mustContain}
          hint={TEXT.mustContainHint}
          rows={2}
          value={draft.mustContain}
          onText={(mustContain) => set({ mustContain })}
        />
        {isSeen && (
          <CheckField
            label={TEXT.forbidFaces}
            isChecked={draft.forbidFaces}
            onCheck={(forbidFaces) => set({ forbidFaces })}
          />
        )}
        {draft.kind === "image" && (
          <CheckField
            label={TEXT.keepLocation}
            isChecked={draft.keepLocation}
            onCheck={(keepLocation) => set({ keepLocation })}
          />
        )}
      </div>
    </details>
  );
}

/** What posting costs, as it is typed. */
function Cost({ draft }: { draft: Draft }) {
  const { data: balance } = useLoaded(
    async (signal) => (may("usage:read") ? api.get("/v1/billing/credits", { signal }) : null),
    [],
  );
  const cost = costOf(draft);
  const left = balance && cost !== null ? balance.available_credits - cost : null;
  return (
    <section class="card stack" aria-live="polite">
      <h2>{TEXT.cost}</h2>
      <div>
        <div class="cost-total">{cost === null ? "–" : formatMoney(cost)}</div>
        <div class="muted small">
          {TEXT.held}
          {cost !== null && ` · ${formatCredits(cost)}`}
        </div>
      </div>
      {session.value?.livemode && balance && (
        <dl class="facts small">
          <dt>{TEXT.available}</dt>
          <dd class="numeric">{formatMoney(balance.available_credits)}</dd>
          {left !== null && (
            <>
              <dt>{TEXT.left}</dt>
              <dd class="numeric">{formatMoney(left)}</dd>
            </>
          )}
        </dl>
      )}
      {!session.value?.livemode && <p class="muted small">{TEXT.testMode}</p>}
      {session.value?.livemode && left !== null && left < 0 && (
        <div class="notice notice-warn">
          <span>{TEXT.tooLittle}</span>
          <LinkButton size="small" href="/console/account/credits">
            {TEXT.buy}
          </LinkButton>
        </div>
      )}
    </section>
  );
}

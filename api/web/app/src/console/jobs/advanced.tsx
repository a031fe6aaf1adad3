import { Disclosure } from "../../shared/components/disclosure";
import { SelectField, TextArea, TextField } from "../../shared/components/field";
import { strings } from "../../strings";
import type { PartProps } from "./draft";

const TEXT = strings.console.create;

const FIELDS = ["scoring_criteria", "files_per_submission", "max_workers", "location", "metadata"];
const AT_A_TIME = ["1", "2", "3", "4", "5"];

/** What most jobs leave as it is: who works, where, by which criteria, and the client's own notes. */
export function Advanced({ draft, failure, set }: PartProps) {
  return (
    <Disclosure
      title={TEXT.advanced}
      lead={TEXT.advancedHint}
      isNeeded={FIELDS.some((field) => failure?.of(field) !== undefined)}
    >
      <div class="stack">
        <TextArea
          label={TEXT.criteria}
          hint={TEXT.criteriaHint}
          error={failure?.of("scoring_criteria")}
          rows={2}
          maxLength={1000}
          value={draft.criteria}
          onText={(criteria) => set({ criteria })}
        />
        <div class="fields">
          <SelectField
            label={TEXT.atATime}
            hint={TEXT.atATimeHint}
            error={failure?.of("files_per_submission")}
            value={draft.atATime}
            choices={AT_A_TIME.map((value) => ({ value, label: TEXT.atATimeChoice(Number(value)) }))}
            onChoice={(atATime) => set({ atATime })}
          />
          <TextField
            label={TEXT.maxWorkers}
            hint={TEXT.maxWorkersHint}
            error={failure?.of("max_workers")}
            inputMode="numeric"
            value={draft.maxWorkers}
            onText={(maxWorkers) => set({ maxWorkers })}
          />
        </div>
        <Place {...{ draft, failure, set }} />
        <TextArea
          label={TEXT.metadata}
          hint={TEXT.metadataHint}
          error={failure?.of("metadata")}
          rows={2}
          value={draft.metadata}
          onText={(metadata) => set({ metadata })}
        />
      </div>
    </Disclosure>
  );
}

function Place({ draft, failure, set }: PartProps) {
  const degrees = (name: "lat" | "lng" | "radius", field: string) => (
    <TextField
      label={TEXT[name]}
      error={failure?.of(`location.${field}`)}
      value={draft[name]}
      onText={(text) => set({ [name]: text })}
    />
  );
  return (
    <fieldset class="field">
      <legend class="label">{TEXT.place}</legend>
      <div class="fields">
        {degrees("lat", "lat")}
        {degrees("lng", "lng")}
        {degrees("radius", "radius_km")}
      </div>
      <span class="field-hint">{TEXT.placeHint}</span>
    </fieldset>
  );
}

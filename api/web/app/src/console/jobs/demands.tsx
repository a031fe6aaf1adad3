import { Disclosure } from "../../shared/components/disclosure";
import { CheckField, TextArea, TextField } from "../../shared/components/field";
import { strings } from "../../strings";
import type { PartProps } from "./draft";

const TEXT = strings.console.create;

/** Conditions that every file has to meet, as far as they suit its kind. */
export function Demands({ draft, failure, set }: PartProps) {
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
    <Disclosure title={TEXT.requirements} lead={TEXT.requirementsHint} isNeeded={Boolean(failure?.of("requirements"))}>
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
            error={failure?.of("requirements.must_show")}
            rows={2}
            value={draft.mustShow}
            onText={(mustShow) => set({ mustShow })}
          />
        )}
        <TextArea
          label={TEXT.mustContain}
          hint={TEXT.mustContainHint}
          error={failure?.of("requirements.must_contain_text")}
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
    </Disclosure>
  );
}

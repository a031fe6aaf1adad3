import { CheckField, FieldError, Segmented, TextArea, TextField } from "../../shared/components/field";
import { strings } from "../../strings";
import { FORMATS, type Kind, type PartProps } from "./draft";

const TEXT = strings.console.create;

/** What a file must show, and of which kind it is. */
export function What({ draft, failure, set }: PartProps) {
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
        <FieldError text={failure?.of("content_type")} />
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
        <FieldError text={failure?.of("file_formats")} />
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

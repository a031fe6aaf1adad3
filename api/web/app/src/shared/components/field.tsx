import type {
  ComponentChildren,
  InputHTMLAttributes,
  JSX,
  PartialInputHTMLAttributes,
  PartialSelectHTMLAttributes,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from "preact";
import { useId } from "preact/hooks";

// Preact's own types forbid combinations of type and role; we set no roles.
type InputProps = Omit<PartialInputHTMLAttributes<HTMLInputElement>, "role" | "label">;
type SelectProps = Omit<PartialSelectHTMLAttributes<HTMLSelectElement>, "role" | "label" | "value">;

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
}

/** A label, the control, a hint and what is wrong, tied together for those who hear the page. */
function Field({
  label,
  hint,
  error,
  control,
}: FieldProps & { control: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => JSX.Element }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {control({
        id,
        ...(described ? { "aria-describedby": described } : {}),
        ...(error ? { "aria-invalid": true as const } : {}),
      })}
      <FieldError id={`${id}-error`} text={error} />
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

/** What is wrong with a field, if anything; by itself where the control is a group. */
export function FieldError({ id, text }: { id?: string; text: string | undefined }) {
  return text ? (
    <span class="field-error" {...(id ? { id } : {})} role="alert">
      {text}
    </span>
  ) : null;
}

export function TextField({
  label,
  hint,
  error,
  onText,
  ...rest
}: FieldProps & InputProps & { onText: (text: string) => void }) {
  return (
    <Field
      {...{ label, hint, error }}
      control={(ids) => (
        <input
          type="text"
          class="input"
          {...(rest as InputHTMLAttributes)}
          {...ids}
          onInput={(event) => onText(event.currentTarget.value)}
        />
      )}
    />
  );
}

export function TextArea({
  label,
  hint,
  error,
  onText,
  ...rest
}: FieldProps & Omit<TextareaHTMLAttributes, "label"> & { onText: (text: string) => void }) {
  return (
    <Field
      {...{ label, hint, error }}
      control={(ids) => (
        <textarea class="input" {...rest} {...ids} onInput={(event) => onText(event.currentTarget.value)} />
      )}
    />
  );
}

export interface Choice<Value extends string> {
  value: Value;
  label: string;
}

export function SelectField<Value extends string>({
  label,
  hint,
  error,
  choices,
  value,
  onChoice,
  ...rest
}: FieldProps &
  SelectProps & {
    choices: Choice<Value>[];
    value: Value;
    onChoice: (value: Value) => void;
  }) {
  return (
    <Field
      {...{ label, hint, error }}
      control={(ids) => (
        <select
          class="input"
          {...(rest as SelectHTMLAttributes)}
          {...ids}
          value={value}
          onChange={(event) => onChoice(event.currentTarget.value as Value)}
        >
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    />
  );
}

export function CheckField({
  label,
  isChecked,
  isDisabled = false,
  onCheck,
}: {
  label: ComponentChildren;
  isChecked: boolean;
  isDisabled?: boolean;
  onCheck: (isChecked: boolean) => void;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        onChange={(event) => onCheck(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** A few choices side by side, of which one holds. */
export function Segmented<Value extends string>({
  label,
  choices,
  value,
  onChoice,
}: {
  label: string;
  choices: Choice<Value>[];
  value: Value;
  onChoice: (value: Value) => void;
}) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          type="button"
          key={choice.value}
          aria-pressed={choice.value === value}
          onClick={() => onChoice(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

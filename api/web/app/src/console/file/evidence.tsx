import { Disclosure } from "../../shared/components/disclosure";
import { strings } from "../../strings";
import { readable, type ScoreBreakdown } from "./breakdown";

const TEXT = strings.console.file;
const LONGEST_LIST = 12;

interface ModelOfFile {
  role: string;
  name: string;
  version: string | null;
  weights_digest: string | null;
  precision: string | null;
}

/** Every number that the score is made of, and which models measured it. */
export function Evidence({ breakdown, models }: { breakdown: ScoreBreakdown; models: unknown }) {
  const groups = Object.entries(breakdown.evidence).filter(([, value]) => isFilled(value));
  const plain = groups.filter(([, value]) => !isGroup(value));
  return (
    <Disclosure title={TEXT.evidence} lead={TEXT.evidenceLead}>
      <div class="stack">
        <Models models={(models as ModelOfFile[] | undefined) ?? []} />
        <div class="evidence">
          {groups
            .filter(([, value]) => isGroup(value))
            .map(([name, value]) => (
              <Group key={name} name={name} values={value as Record<string, unknown>} />
            ))}
          {plain.length > 0 && <Group name="general" values={Object.fromEntries(plain)} />}
        </div>
      </div>
    </Disclosure>
  );
}

function Group({ name, values }: { name: string; values: Record<string, unknown> }) {
  return (
    <section class="stack-s">
      <h3>{nameOf(name)}</h3>
      <dl class="facts small">
        {Object.entries(values)
          .filter(([, value]) => isFilled(value))
          .map(([key, value]) => (
            <div class="facts-row" key={key}>
              <dt>{nameOf(key)}</dt>
              <dd class="numeric">{textOf(value)}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

function Models({ models }: { models: ModelOfFile[] }) {
  if (!models.length) return null;
  const columns = TEXT.modelColumns;
  return (
    <section class="stack-s">
      <h3>{TEXT.models}</h3>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={TEXT.models}>
        <table class="table table-tight">
          <thead>
            <tr>
              {Object.values(columns).map((title) => (
                <th scope="col" key={title}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <tr key={model.role}>
                <td>{nameOf(model.role)}</td>
                <td>{model.name}</td>
                <td>{model.version ?? "–"}</td>
                <td>
                  <code title={model.weights_digest ?? ""}>{model.weights_digest?.slice(0, 12) ?? "–"}</code>
                </td>
                <td>{model.precision ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function isGroup(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

function nameOf(key: string): string {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function textOf(value: unknown): string {
  if (typeof value === "number") return readable(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, LONGEST_LIST).map(textOf).join(", ");
    return value.length > LONGEST_LIST ? `${shown}, …` : shown;
  }
  if (isGroup(value)) {
    return Object.entries(value as Record<string, unknown>)
      .filter(([, part]) => isFilled(part))
      .map(([key, part]) => `${nameOf(key)}: ${textOf(part)}`)
      .join(" · ");
  }
  return String(value);
}

import { useState } from "preact/hooks";
import { CheckField } from "../../shared/components/field";
import { formatPercent } from "../../shared/format";
import { strings } from "../../strings";
import type { Annotations, Box } from "./annotations";
import { previewUrl, type Attempted, type Preview } from "./preview";

const TEXT = strings.console.file;
/** A tall picture is seen as a whole. */
const HEIGHT_VH = 72;

interface Mark {
  key: string;
  text: string;
  confidence: number;
  box: Box | null;
}

/** The picture with what was found in it: objects and words, as boxes over it and as lists beside it. */
export function Picture({
  submission,
  preview,
  annotations,
}: {
  submission: Attempted;
  preview: Preview;
  annotations: Annotations;
}) {
  const objects = (annotations.object_labels ?? []).map((one, index) => markOf(`o${index}`, one.label, one));
  const words = (annotations.ocr_words ?? []).map((one, index) => markOf(`w${index}`, one.text, one));
  const [shows, setShows] = useState({ objects: true, words: true });
  const [lit, setLit] = useState<string | null>(null);
  const ratio = (preview.width ?? 4) / (preview.height ?? 3);
  const drawn = { objects: objects.filter((mark) => mark.box), words: words.filter((mark) => mark.box) };
  return (
    <div class="stack">
      <figure class="picture" style={{ aspectRatio: String(ratio), width: `min(100%, ${HEIGHT_VH * ratio}vh)` }}>
        <img src={previewUrl(submission, "picture.jpg")} alt={TEXT.pictureAlt} decoding="async" />
        <svg viewBox={`0 0 ${preview.width ?? 1} ${preview.height ?? 1}`} preserveAspectRatio="none" aria-hidden="true">
          {shows.words && <Boxes marks={drawn.words} kind="word" lit={lit} />}
          {shows.objects && (
            <Boxes marks={drawn.objects} kind="object" lit={lit} labelSize={(preview.width ?? 1) / 45} />
          )}
        </svg>
      </figure>
      {(drawn.objects.length > 0 || drawn.words.length > 0) && (
        <div class="row">
          {drawn.objects.length > 0 && (
            <CheckField
              label={TEXT.objects(drawn.objects.length)}
              isChecked={shows.objects}
              onCheck={(isShown) => setShows({ ...shows, objects: isShown })}
            />
          )}
          {drawn.words.length > 0 && (
            <CheckField
              label={TEXT.words(drawn.words.length)}
              isChecked={shows.words}
              onCheck={(isShown) => setShows({ ...shows, words: isShown })}
            />
          )}
        </div>
      )}
      <MarkList title={TEXT.labels} marks={objects} onLight={setLit} />
      {annotations.ocr_text && (
        <section class="stack-s">
          <h3>{TEXT.text}</h3>
          <p class="read-text">{annotations.ocr_text}</p>
        </section>
      )}
      <Palette colours={annotations.color_palette ?? []} />
    </div>
  );
}

function Boxes({
  marks,
  kind,
  lit,
  labelSize,
}: {
  marks: Mark[];
  kind: string;
  lit: string | null;
  labelSize?: number;
}) {
  return (
    <>
      {marks.map(({ key, text, box }) => {
        const [left, top, right, bottom] = box!;
        return (
          <g key={key} class={`box box-${kind}${lit === key ? " box-lit" : ""}`}>
            <rect x={left} y={top} width={Math.max(1, right - left)} height={Math.max(1, bottom - top)} />
            {labelSize !== undefined && (
              <text x={left} y={Math.max(labelSize, top - labelSize / 3)} font-size={labelSize}>
                {text}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}

function MarkList({ title, marks, onLight }: { title: string; marks: Mark[]; onLight: (key: string | null) => void }) {
  if (!marks.length) return null;
  return (
    <section class="stack-s">
      <h3>{title}</h3>
      <ul class="marks">
        {marks.map((mark) => (
          <li key={mark.key} onMouseEnter={() => onLight(mark.key)} onMouseLeave={() => onLight(null)}>
            <span class="wrap-anywhere">{mark.text}</span>
            <span class="muted numeric small">{formatPercent(mark.confidence)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Palette({ colours }: { colours: string[] }) {
  const valid = colours.filter((colour) => /^#[0-9a-f]{6}$/i.test(colour));
  if (!valid.length) return null;
  return (
    <section class="stack-s">
      <h3>{TEXT.palette}</h3>
      <ul class="palette">
        {valid.map((colour) => (
          <li key={colour}>
            <span style={{ backgroundColor: colour }} aria-hidden="true" />
            <code class="small">{colour}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}

function markOf(key: string, text: string, found: { confidence: number; box?: Box | null }): Mark {
  return { key, text, confidence: found.confidence, box: found.box ?? null };
}

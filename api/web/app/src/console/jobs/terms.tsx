import { SelectField, TextField } from "../../shared/components/field";
import { strings } from "../../strings";
import type { PartProps } from "./draft";

const TEXT = strings.console.create;

/** How many files, what each pays, from which score on, and until when. */
export function Terms({ draft, failure, set }: PartProps) {
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
          error={failure?.of("min_star_rating")}
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

import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { useAttempt } from "../../shared/attempt";
import { Button } from "../../shared/components/button";
import { Dialog } from "../../shared/components/dialog";
import { SelectField, TextArea } from "../../shared/components/field";
import { FailureNotice } from "../../shared/components/states";
import { toast } from "../../shared/components/toasts";
import { formatMoney } from "../../shared/format";
import type { Submission } from "../../shared/types";
import { strings } from "../../strings";

const TEXT = strings.console.verdict;
export type Decision = "approve" | "reject";

interface VerdictProps {
  submission: Submission;
  rewardCredits: number | undefined;
  /** Opened by a key rather than a button. */
  decision: Decision | null;
  onDecision: (decision: Decision | null) => void;
  onReviewed: (submission: Submission) => void;
}

/** A person decides in the engine's place. */
export function Verdict({ submission, rewardCredits, decision, onDecision, onReviewed }: VerdictProps) {
  return (
    <section class="card stack">
      <h2>{TEXT.title}</h2>
      <p class="muted small">{submission.reviewed_at ? TEXT.reviewed : TEXT.lead}</p>
      <div class="row">
        <Button
          icon="check"
          look={submission.status === "needs_review" ? "primary" : "plain"}
          disabled={submission.status === "approved"}
          onClick={() => onDecision("approve")}
        >
          {TEXT.approve}
        </Button>
        <Button
          icon="cross"
          look="danger"
          disabled={submission.status === "rejected"}
          onClick={() => onDecision("reject")}
        >
          {TEXT.reject}
        </Button>
      </div>
      {decision && (
        <VerdictDialog
          submission={submission}
          rewardCredits={rewardCredits}
          decision={decision}
          onClose={() => onDecision(null)}
          onReviewed={onReviewed}
        />
      )}
    </section>
  );
}

type DialogProps = Pick<VerdictProps, "submission" | "rewardCredits" | "onReviewed"> & {
  decision: Decision;
  onClose: () => void;
};

function VerdictDialog({ submission, rewardCredits, decision, onClose, onReviewed }: DialogProps) {
  const [score, setScore] = useState("");
  const [note, setNote] = useState("");
  const { failure, isBusy, run } = useAttempt(async () => {
    const reviewed = await api.post("/v1/submissions/{submission_id}/review", {
      path: { submission_id: submission.id },
      body: { decision, ...(score ? { score: Number(score) } : {}), ...(note.trim() ? { note: note.trim() } : {}) },
    });
    toast(TEXT.done[decision]);
    onClose();
    onReviewed(reviewed);
  });
  const stars = ["1", "2", "3", "4", "5"].map((value) => ({ value, label: strings.stars(Number(value)) }));
  return (
    <Dialog title={decision === "approve" ? TEXT.approveTitle : TEXT.rejectTitle} onClose={onClose}>
      <form class="stack" onSubmit={run}>
        <p>{decision === "approve" ? TEXT.approveLead(formatMoney(rewardCredits ?? 0)) : TEXT.rejectLead}</p>
        <SelectField
          label={TEXT.score}
          value={score}
          choices={[{ value: "", label: TEXT.asEngine }, ...stars]}
          onChoice={setScore}
        />
        <TextArea label={TEXT.note} hint={TEXT.noteHint} maxLength={2000} rows={3} value={note} onText={setNote} />
        {failure && <FailureNotice failure={failure} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>{strings.actions.cancel}</Button>
          <Button type="submit" look={decision === "approve" ? "primary" : "danger"} isBusy={isBusy}>
            {TEXT[decision]}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

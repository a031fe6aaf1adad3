import { strings } from "../../strings";
import { Badge, type Tone } from "./badge";

const TONES: Record<string, Tone> = {
  active: "info",
  pending_score: "info",
  running: "info",
  pending: "neutral",
  completed: "ok",
  approved: "ok",
  succeeded: "ok",
  enabled: "ok",
  needs_review: "warn",
  retry_pending: "warn",
  expiring: "warn",
  timed_out: "warn",
  rejected: "bad",
  failed: "bad",
  banned: "bad",
  disabled: "bad",
  revoked: "bad",
};

/** The state of anything that has one. */
export function Status({ of, tone }: { of: string; tone?: Tone }) {
  return <Badge tone={tone ?? TONES[of] ?? "neutral"}>{strings.console.status[of] ?? of}</Badge>;
}

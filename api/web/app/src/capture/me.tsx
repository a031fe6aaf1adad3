import { useEffect, useState } from "preact/hooks";
import { Button } from "../shared/components/button";
import { EmptyState, FailureNotice } from "../shared/components/states";
import type { ApiFailure } from "../shared/failure";
import { formatCredits, formatDate, formatMoney } from "../shared/format";
import { asFailure } from "../shared/loading";
import { strings } from "../strings";
import { install, installOffer } from "./install";
import { refreshWorker, signOut, withSession, worker } from "./session";
import { files } from "./uploads";

const words = strings.capture.me;

/** What was earned, how many strikes there are, and the way out. */
export function MeView() {
  const [failure, setFailure] = useState<ApiFailure>();
  const attempt = (act: () => Promise<unknown>) => {
    setFailure(undefined);
    act().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(() => attempt(refreshWorker), []);
  const me = worker.value;
  if (!me) return null;
  return (
    <section class="stack page-narrow">
      <h1>{me.name}</h1>
      {me.status === "banned" && <Banned />}
      <div class="card earned">
        <span class="figure-label">{words.earned}</span>
        <strong class="earned-money numeric">{formatMoney(me.earned_credits)}</strong>
        <span class="small muted">
          {formatCredits(me.earned_credits)} · {words.since(formatDate(me.created_at))}
        </span>
      </div>
      <div class="card stack-s">
        <h2>{words.strikes}</h2>
        <Strikes count={me.strikes} most={me.strikes_to_ban} />
        <p class="small muted">{words.strikesText(me.strikes_to_ban)}</p>
      </div>
      {installOffer.value && (
        <div class="card stack-s">
          <h2>{words.install}</h2>
          <p class="small muted">{words.installText}</p>
          <Button icon="download" onClick={() => void install()}>
            {words.install}
          </Button>
        </div>
      )}
      {failure && <FailureNotice failure={failure} />}
      <div class="card stack-s">
        {files.value.size > 0 && <p class="notice notice-warn">{words.signOutKept(files.value.size)}</p>}
        <Button icon="out" onClick={() => attempt(() => withSession(signOut))}>
          {words.signOut}
        </Button>
      </div>
    </section>
  );
}

export function Banned() {
  return (
    <EmptyState icon="warning" title={words.banned}>
      <p>{words.bannedText}</p>
    </EmptyState>
  );
}

function Strikes({ count, most }: { count: number; most: number }) {
  return (
    <div class="strikes" role="img" aria-label={words.strikesOf(count, most)}>
      {Array.from({ length: Math.max(most, count) }, (_, index) => (
        <span key={index} class={index < count ? "strike strike-given" : "strike"} />
      ))}
      <strong class="numeric">{words.strikesOf(count, most)}</strong>
    </div>
  );
}

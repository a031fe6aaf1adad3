import { api } from "../../shared/api";
import { LinkButton } from "../../shared/components/button";
import { formatCredits, formatMoney } from "../../shared/format";
import { useLoaded } from "../../shared/loading";
import { may, session } from "../../shared/session";
import { strings } from "../../strings";
import { costOf, type Draft } from "./draft";

const TEXT = strings.console.create;

/** What posting costs, as it is typed. */
export function Cost({ draft }: { draft: Draft }) {
  const { data: balance } = useLoaded(
    async (signal) => (may("usage:read") ? api.get("/v1/billing/credits", { signal }) : null),
    [],
  );
  const cost = costOf(draft);
  const left = balance && cost !== null ? balance.available_credits - cost : null;
  return (
    <section class="card stack" aria-live="polite">
      <h2>{TEXT.cost}</h2>
      <div>
        <div class="cost-total">{cost === null ? "–" : formatMoney(cost)}</div>
        <div class="muted small">
          {TEXT.held}
          {cost !== null && ` · ${formatCredits(cost)}`}
        </div>
      </div>
      {session.value?.livemode && balance && (
        <dl class="facts small">
          <dt>{TEXT.available}</dt>
          <dd class="numeric">{formatMoney(balance.available_credits)}</dd>
          {left !== null && (
            <>
              <dt>{TEXT.left}</dt>
              <dd class="numeric">{formatMoney(left)}</dd>
            </>
          )}
        </dl>
      )}
      {!session.value?.livemode && <p class="muted small">{TEXT.testMode}</p>}
      {session.value?.livemode && left !== null && left < 0 && (
        <div class="notice notice-warn">
          <span>{TEXT.tooLittle}</span>
          {may("billing:write") && (
            <LinkButton size="small" href="/console/account/credits">
              {TEXT.buy}
            </LinkButton>
          )}
        </div>
      )}
    </section>
  );
}

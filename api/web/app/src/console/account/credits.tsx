import { useState } from "preact/hooks";
import { api } from "../../shared/api";
import { useAttempt } from "../../shared/attempt";
import { Age } from "../../shared/components/age";
import { Button, LinkButton } from "../../shared/components/button";
import { Dialog } from "../../shared/components/dialog";
import { TextField } from "../../shared/components/field";
import { EmptyState, FailureNotice, FailureState, Skeleton } from "../../shared/components/states";
import { PagedTable, type Column } from "../../shared/components/table";
import { toast } from "../../shared/components/toasts";
import { formatCredits, formatMoney, formatNumber } from "../../shared/format";
import { useLoaded, usePages } from "../../shared/loading";
import { newKey } from "../../shared/new-key";
import { may, session } from "../../shared/session";
import { useTitle } from "../../shared/title";
import type { CreditTransaction } from "../../shared/types";
import { strings } from "../../strings";
import { AccountHead } from "./tabs";

const TEXT = strings.console.credits;

const COLUMNS: Column<CreditTransaction>[] = [
  { title: TEXT.columns.what, isLead: true, cell: (one) => <What transaction={one} /> },
  { title: TEXT.columns.amount, isNumeric: true, cell: (one) => <Amount credits={one.amount_credits} /> },
  { title: TEXT.columns.available, isNumeric: true, cell: (one) => formatNumber(one.available_after) },
  { title: TEXT.columns.held, isNumeric: true, cell: (one) => formatNumber(one.held_after) },
  {
    title: TEXT.columns.when,
    cell: (one) => <Age of={one.created_at} />,
  },
];

/** What the organization has, and every movement of it. */
export function Credits() {
  const balance = useLoaded((signal) => api.get("/v1/billing/credits", { signal }), []);
  const pages = usePages(
    (cursor, signal) =>
      api.get("/v1/billing/transactions", { query: { limit: 50, ...(cursor ? { cursor } : {}) }, signal }),
    [],
  );
  const [isBuying, setBuying] = useState(false);
  const canBuy = may("billing:write") && session.value?.livemode;
  useTitle(TEXT.title);
  return (
    <>
      <AccountHead>
        {canBuy && (
          <Button look="primary" icon="plus" onClick={() => setBuying(true)}>
            {TEXT.buy}
          </Button>
        )}
      </AccountHead>
      <section class="card">
        {balance.failure && <FailureState failure={balance.failure} onRetry={balance.reload} />}
        {!balance.failure && !balance.data && <Skeleton lines={2} height="1.5rem" />}
        {balance.data && (
          <dl class="figures">
            <Figure name={TEXT.available} credits={balance.data.available_credits} />
            <Figure name={TEXT.held} credits={balance.data.held_credits} />
            <Figure name={TEXT.total} credits={balance.data.total_credits} />
          </dl>
        )}
      </section>
      <section class="card card-flush">
        <header>
          <h2>{TEXT.transactions}</h2>
        </header>
        <PagedTable
          caption={TEXT.caption}
          columns={COLUMNS}
          pages={pages}
          keyOf={(one) => one.id}
          empty={<EmptyState icon="coins" title={TEXT.empty} />}
        />
      </section>
      {isBuying && (
        <Buy
          onClose={() => {
            setBuying(false);
            balance.reload();
            pages.reload();
          }}
        />
      )}
    </>
  );
}

function Figure({ name, credits }: { name: string; credits: number }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>{formatMoney(credits)}</dd>
      <dd class="figure-sub">{formatCredits(credits)}</dd>
    </div>
  );
}

function What({ transaction }: { transaction: CreditTransaction }) {
  return (
    <span class="stack-s">
      <strong>{TEXT.types[transaction.type] ?? transaction.type}</strong>
      <span class="small muted wrap-anywhere">
        {transaction.job_id ? (
          <a href={`/console/jobs/${transaction.job_id}`}>{transaction.description}</a>
        ) : (
          transaction.description
        )}
      </span>
    </span>
  );
}

function Amount({ credits }: { credits: number }) {
  return (
    <span
      class={credits < 0 ? "amount" : "amount amount-in"}
    >{`${credits > 0 ? "+" : ""}${formatNumber(credits)}`}</span>
  );
}

function Buy({ onClose }: { onClose: () => void }) {
  const [amount, setAmount] = useState("5000");
  const [checkoutUrl, setCheckoutUrl] = useState<string>();
  const [once, setOnce] = useState(newKey);
  const credits = /^\d+$/.test(amount.trim()) ? Number(amount) : null;
  const { failure, isBusy, run } = useAttempt(async () => {
    if (credits === null) return;
    const headers = { "Idempotency-Key": once };
    const bought = await api.post("/v1/billing/credits/purchase", { body: { amount_credits: credits }, headers });
    if (bought.checkout_url) return setCheckoutUrl(bought.checkout_url);
    toast(TEXT.bought(formatCredits(bought.amount_credits)));
    onClose();
  });
  return (
    <Dialog title={TEXT.buy} onClose={onClose}>
      {checkoutUrl ? (
        <>
          <p>{TEXT.checkoutLead}</p>
          <div class="dialog-actions">
            <LinkButton look="primary" href={checkoutUrl} target="_blank">
              {TEXT.checkout}
            </LinkButton>
          </div>
        </>
      ) : (
        <form class="stack" onSubmit={run} noValidate>
          <TextField
            label={TEXT.amount}
            hint={credits === null ? TEXT.amountHint : TEXT.costs(formatMoney(credits))}
            error={failure?.of("amount_credits")}
            inputMode="numeric"
            required
            value={amount}
            onText={(text) => {
              setAmount(text);
              setOnce(newKey());
            }}
          />
          {failure && <FailureNotice failure={failure} />}
          <div class="dialog-actions">
            <Button onClick={onClose}>{strings.actions.cancel}</Button>
            <Button type="submit" look="primary" isBusy={isBusy} disabled={credits === null}>
              {TEXT.submit}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

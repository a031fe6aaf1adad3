import { useState } from "preact/hooks";
import { Button } from "../shared/components/button";
import { TextField } from "../shared/components/field";
import { Logo } from "../shared/components/shell";
import { toast } from "../shared/components/toasts";
import { FailureNotice } from "../shared/components/states";
import type { ApiFailure } from "../shared/failure";
import { asFailure } from "../shared/loading";
import { strings } from "../strings";
import { files } from "./uploads";
import { openInvitation, restoreWorker, signInByToken, worker } from "./session";

const words = strings.capture.welcome;

/** The way in. An invitation is opened by a tap and not by itself, so that programs which preview links use none up. */
export function Welcome({ code, onDone }: { code: string | null; onDone: () => void }) {
  const [isByToken, setByToken] = useState(code === null);
  return (
    <main class="sign-in">
      {code && !isByToken ? (
        <Invitation code={code} onDone={onDone} onOther={() => setByToken(true)} />
      ) : (
        <TokenForm onDone={onDone} />
      )}
    </main>
  );
}

function Invitation({ code, onDone, onOther }: { code: string; onDone: () => void; onOther: () => void }) {
  const { failure, isBusy, run } = useSignIn(onDone);
  return (
    <section class="card stack welcome">
      <span class="brand">
        <Logo />
        {strings.product}
      </span>
      <h1>{words.title}</h1>
      <p>{words.lead}</p>
      <p class="muted small">{words.device}</p>
      {failure && <FailureNotice failure={failure} />}
      {failure ? (
        <Button size="large" onClick={onOther}>
          {words.restart}
        </Button>
      ) : (
        <Button look="primary" size="large" isBusy={isBusy} onClick={() => run(() => openInvitation(code))}>
          {words.start}
        </Button>
      )}
    </section>
  );
}

function TokenForm({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState("");
  const { failure, isBusy, run } = useSignIn(onDone);
  return (
    <form
      class="card stack welcome"
      onSubmit={(event) => {
        event.preventDefault();
        run(() => signInByToken(token.trim()));
      }}
    >
      <span class="brand">
        <Logo />
        {strings.product}
      </span>
      <h1>{words.tokenTitle}</h1>
      <p class="muted">{words.tokenLead}</p>
      {files.value.size > 0 && <p class="notice notice-warn">{words.ended}</p>}
      <TextField
        label={words.token}
        hint={words.tokenHint}
        type="password"
        name="worker_token"
        autocomplete="off"
        spellcheck={false}
        required
        value={token}
        onText={setToken}
      />
      {failure && <FailureNotice failure={failure} />}
      <Button type="submit" look="primary" size="large" isBusy={isBusy}>
        {words.submit}
      </Button>
    </form>
  );
}

function useSignIn(onDone: () => void) {
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const run = (signIn: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    signIn()
      .then(onDone)
      .catch(async (error: unknown) => {
        const found = asFailure(error);
        // The refusal made the page forget who is signed in; the browser's cookie may say otherwise.
        await restoreWorker().catch(asFailure);
        if (!worker.value) return setFailure(found);
        // Opened again on a device that is signed in already: it goes on as it was.
        toast(found.message, { isFailure: true });
        onDone();
      })
      .finally(() => setBusy(false));
  };
  return { failure, isBusy, run };
}

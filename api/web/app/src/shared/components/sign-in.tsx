import { useState } from "preact/hooks";
import { useAttempt } from "../attempt";
import { strings } from "../../strings";
import { hasEnded, signIn } from "../session";
import { Button } from "./button";
import { TextField } from "./field";
import { Logo } from "./shell";
import { FailureNotice } from "./states";

/** Trades an API key for a session. The key leaves this component in one request and is not kept. */
export function SignIn({ title }: { title: string }) {
  const [key, setKey] = useState("");
  const { failure, isBusy, run } = useAttempt(async () => {
    await signIn(key.trim());
  });
  return (
    <main class="sign-in">
      <form class="card stack" onSubmit={run}>
        <span class="brand">
          <Logo />
          {title}
        </span>
        <h1>{strings.signIn.title}</h1>
        {hasEnded.value && <p class="notice notice-warn">{strings.signIn.ended}</p>}
        <p class="muted">{strings.signIn.lead}</p>
        <TextField
          label={strings.signIn.key}
          hint={strings.signIn.keyHint}
          type="password"
          name="api_key"
          autocomplete="off"
          spellcheck={false}
          required
          value={key}
          onText={setKey}
        />
        {failure && <FailureNotice failure={failure} />}
        <Button type="submit" look="primary" size="large" isBusy={isBusy}>
          {strings.signIn.submit}
        </Button>
      </form>
    </main>
  );
}

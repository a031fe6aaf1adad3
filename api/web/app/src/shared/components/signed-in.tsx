import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiFailure } from "../failure";
import { asFailure } from "../loading";
import { restoreSession, session } from "../session";
import { SignIn } from "./sign-in";
import { FailureState, Skeleton } from "./states";

/** The children once somebody is signed in with an API key; until then, the form. */
export function SignedIn({ title, children }: { title: string; children: ComponentChildren }) {
  const [failure, setFailure] = useState<ApiFailure>();
  const restore = () => {
    setFailure(undefined);
    restoreSession().catch((error: unknown) => setFailure(asFailure(error)));
  };
  useEffect(restore, []);
  if (failure) return <FailureState failure={failure} onRetry={restore} />;
  if (session.value === undefined) {
    return (
      <main class="page">
        <Skeleton lines={4} height="2rem" />
      </main>
    );
  }
  if (session.value === null) return <SignIn title={title} />;
  // What was loaded with one key is not shown to another.
  return <Fragment key={session.value.key_id}>{children}</Fragment>;
}

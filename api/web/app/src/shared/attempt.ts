import { useState } from "preact/hooks";
import type { ApiFailure } from "./failure";
import { asFailure } from "./loading";

export interface Attempt {
  isBusy: boolean;
  /** What the last one ended with. */
  failure: ApiFailure | undefined;
  /** For `onSubmit` and `onClick`. */
  run: (event?: Event) => void;
}

/** What a form or a button does: busy until it is done, and what went wrong is shown beside it. */
export function useAttempt(act: () => Promise<unknown>): Attempt {
  const [failure, setFailure] = useState<ApiFailure>();
  const [isBusy, setBusy] = useState(false);
  const attempt = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
    } catch (error) {
      setFailure(asFailure(error));
    } finally {
      setBusy(false);
    }
  };
  const run = (event?: Event) => {
    event?.preventDefault();
    void attempt();
  };
  return { failure, isBusy, run };
}

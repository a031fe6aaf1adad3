import { Shell } from "../shared/components/shell";
import { strings } from "../strings";

/** The worker's page. */
export function App() {
  return (
    <Shell home="/capture" places={[]}>
      <h1>{strings.capture.title}</h1>
    </Shell>
  );
}

import { Shell } from "../shared/components/shell";
import { strings } from "../strings";

/** The page, for whoever is signed in. */
export function App() {
  return (
    <Shell home="/ops" places={[]}>
      <h1>{strings.ops.title}</h1>
    </Shell>
  );
}

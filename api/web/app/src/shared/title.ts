// The name of the page, in the tab and for those who hear it.
import { useEffect } from "preact/hooks";
import { strings } from "../strings";

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${strings.product}`;
  }, [title]);
}

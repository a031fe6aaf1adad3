// Light, dark, or as the system has it. The choice is kept in this browser.
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEPT_AS = "assay-theme";
const ORDER: Theme[] = ["system", "light", "dark"];

export const theme = signal<Theme>(kept());

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
});

export function nextTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length] ?? "system";
  try {
    localStorage.setItem(KEPT_AS, theme.value);
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
}

function kept(): Theme {
  try {
    const found = localStorage.getItem(KEPT_AS) as Theme | null;
    return found && ORDER.includes(found) ? found : "system";
  } catch {
    return "system";
  }
}

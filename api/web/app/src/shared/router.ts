// The address bar: pages are paths below the app's own, and a link changes the path without a request.
import { computed, signal } from "@preact/signals";

export interface Route<Name extends string> {
  name: Name;
  /** Values of `:names` in the pattern. */
  values: Record<string, string>;
}

export const path = signal(location.pathname);
export const query = signal(new URLSearchParams(location.search));
/** Of the path without a slash at its end. */
export const place = computed(() => path.value.replace(/\/+$/, "") || "/");

/** Go to a path of this app. */
export function navigate(url: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  const before = path.value;
  read();
  if (replace) return;
  scrollTo(0, 0);
  // What had the focus goes with its page; who goes by keyboard or hears the page would be at its very beginning.
  if (path.value !== before) document.getElementById("content")?.focus({ preventScroll: true });
}

/** The first pattern (`/console/jobs/:id`) that the path has, `null` without one. */
export function match<Name extends string>(at: string, patterns: Record<Name, string>): Route<Name> | null {
  for (const [name, pattern] of Object.entries(patterns) as [Name, string][]) {
    const values = valuesOf(pattern, at);
    if (values) return { name, values };
  }
  return null;
}

/** Follow links below `base` without loading the page anew. */
export function start(base: string): void {
  addEventListener("popstate", read);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || !isPlain(event) || link.target || link.hasAttribute("download")) return;
    if (link.getAttribute("href")?.startsWith("#")) return; // a place in this page, to which the browser goes
    if (link.origin !== location.origin || !isBelow(link.pathname, base)) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

function valuesOf(pattern: string, at: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const found = at.split("/");
  if (wanted.length !== found.length) return null;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const given = found[index] ?? "";
    if (part.startsWith(":")) values[part.slice(1)] = decoded(given);
    else if (part !== given) return null;
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isPlain(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function isBelow(pathname: string, base: string): boolean {
  return pathname === base || pathname.startsWith(`${base}/`);
}

function read(): void {
  path.value = location.pathname;
  query.value = new URLSearchParams(location.search);
}

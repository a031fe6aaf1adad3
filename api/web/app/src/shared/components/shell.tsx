import type { ComponentChildren } from "preact";
import { strings } from "../../strings";
import { place } from "../router";
import { nextTheme, theme, type Theme } from "../theme";
import { IconButton } from "./button";
import { Icon, type IconName } from "./icon";
import { Toasts } from "./toasts";

export interface Place {
  href: string;
  label: string;
  icon: IconName;
}

interface ShellProps {
  home: string;
  places: Place[];
  end?: ComponentChildren;
  children: ComponentChildren;
}

/** The frame of a page: where one can go, who is signed in, and the content. */
export function Shell({ home, places, end, children }: ShellProps) {
  return (
    <>
      <a class="skip-link" href="#content">
        {strings.actions.skip}
      </a>
      <header class="topbar">
        <a class="brand" href={home}>
          <Logo />
          {strings.product}
        </a>
        <nav class="nav nav-lower" aria-label={strings.places}>
          {places.map((one) => (
            <a key={one.href} href={one.href} aria-current={isAt(one.href, home) ? "page" : undefined}>
              <Icon name={one.icon} />
              {one.label}
            </a>
          ))}
        </nav>
        <div class="topbar-end">
          {end}
          <ThemeButton />
        </div>
      </header>
      <main id="content" tabIndex={-1} class="page with-nav-lower">
        {children}
      </main>
      <Toasts />
    </>
  );
}

const THEME_ICONS: Record<Theme, IconName> = { system: "halfMoon", light: "sun", dark: "moon" };

export function ThemeButton() {
  return <IconButton icon={THEME_ICONS[theme.value]} label={strings.theme[theme.value]} onClick={nextTheme} />;
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent-fill)" />
      <path
        d="M9 23.5 15 8.5h2l6 15M11.4 18h9.2"
        fill="none"
        stroke="var(--on-accent)"
        stroke-width="2.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

function isAt(href: string, home: string): boolean {
  return place.value === href || (href !== home && place.value.startsWith(`${href}/`));
}

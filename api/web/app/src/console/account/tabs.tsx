import type { ComponentChildren } from "preact";
import { place } from "../../shared/router";
import { may } from "../../shared/session";
import { strings } from "../../strings";

const TEXT = strings.console.account;
const TABS = [
  { href: "/console/account/credits", label: TEXT.credits, scope: "usage:read" },
  { href: "/console/account/keys", label: TEXT.keys, scope: "keys:manage" },
  { href: "/console/account/webhooks", label: TEXT.webhooks, scope: "webhooks:read" },
];

/** Those that the key may open. */
export function openTabs(): typeof TABS {
  return TABS.filter((tab) => may(tab.scope));
}

/** The head of the account's pages, with the way between them. */
export function AccountHead({ children }: { children?: ComponentChildren }) {
  const tabs = openTabs();
  const at = place.value === "/console/account" ? tabs[0]?.href : place.value;
  return (
    <div class="page-head">
      <div class="stack-s">
        <h1>{TEXT.title}</h1>
        <nav class="segmented" aria-label={TEXT.tabs}>
          {tabs.map((tab) => (
            <a key={tab.href} href={tab.href} aria-current={tab.href === at ? "page" : undefined}>
              {tab.label}
            </a>
          ))}
        </nav>
      </div>
      {children}
    </div>
  );
}

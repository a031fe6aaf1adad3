import type { ComponentChildren } from "preact";
import { place } from "../../shared/router";
import { strings } from "../../strings";

const TEXT = strings.console.account;
const TABS = [
  { href: "/console/account/credits", label: TEXT.credits },
  { href: "/console/account/keys", label: TEXT.keys },
  { href: "/console/account/webhooks", label: TEXT.webhooks },
];

/** The head of the account's pages, with the way between them. */
export function AccountHead({ children }: { children?: ComponentChildren }) {
  const at = place.value === "/console/account" ? TABS[0]!.href : place.value;
  return (
    <div class="page-head">
      <div class="stack-s">
        <h1>{TEXT.title}</h1>
        <nav class="segmented" aria-label={TEXT.tabs}>
          {TABS.map((tab) => (
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

import type { ComponentChildren } from "preact";
import { Icon } from "../shared/components/icon";

export function BackLink({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a class="back-link" href={href}>
      <Icon name="back" size={16} />
      {children}
    </a>
  );
}

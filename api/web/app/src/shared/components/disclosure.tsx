import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A section that is closed until somebody opens it, or until something in it needs to be seen. */
export function Disclosure({
  title,
  lead,
  isNeeded = false,
  children,
}: {
  title: string;
  lead: string;
  /** Turning true opens it; it is never closed but by hand. */
  isNeeded?: boolean;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDetailsElement>(null);
  useLayoutEffect(() => {
    if (isNeeded && box.current) box.current.open = true;
  }, [isNeeded]);
  return (
    <details ref={box} class="card disclosure">
      <summary>
        <h2>{title}</h2>
        <span class="muted small">{lead}</span>
      </summary>
      {children}
    </details>
  );
}

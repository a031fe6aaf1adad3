import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { strings } from "../../strings";
import { Icon, type IconName } from "./icon";

type Look = "plain" | "primary" | "danger" | "quiet";
type Size = "small" | "medium" | "large";

interface LookProps {
  look?: Look;
  size?: Size;
  icon?: IconName;
}

interface ButtonProps extends LookProps, Omit<ButtonHTMLAttributes, "size" | "icon"> {
  isBusy?: boolean;
  children?: ComponentChildren;
}

export function Button({ look, size, icon, isBusy = false, children, disabled, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={classOf(look, size, rest.class)} disabled={Boolean(disabled) || isBusy}>
      {isBusy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={18} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends LookProps, Omit<ButtonHTMLAttributes, "size" | "icon"> {
  icon: IconName;
  label: string;
}

/** A button that is only an icon; `label` is read out and shown while the pointer rests on it. */
export function IconButton({ icon, label, look = "quiet", size, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`${classOf(look, size, rest.class)} button-icon`}
      aria-label={label}
      title={label}
    >
      <Icon name={icon} size={18} />
    </button>
  );
}

interface LinkButtonProps extends LookProps {
  href: string;
  /** The browser saves it rather than going there. */
  download?: boolean;
  target?: "_blank";
  children?: ComponentChildren;
}

/** A link that looks like a button: it leads somewhere and does nothing. */
export function LinkButton({ look, size, icon, href, children, ...rest }: LinkButtonProps) {
  return (
    <a href={href} {...rest} class={classOf(look, size)}>
      {icon && <Icon name={icon} size={18} />}
      {children}
    </a>
  );
}

/** Copies a text and says so, or that it could not: over plain http there is no clipboard. */
export function CopyButton({ text, label = strings.actions.copy }: { text: string; label?: string }) {
  const [outcome, setOutcome] = useState<"copied" | "notCopied" | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
      setTimeout(() => setOutcome(null), 2000);
    } catch {
      setOutcome("notCopied");
    }
  };
  return (
    <Button size="small" icon={outcome === "copied" ? "check" : "copy"} onClick={() => void copy()}>
      <span aria-live="polite">{outcome ? strings.actions[outcome] : label}</span>
    </Button>
  );
}

function classOf(look: Look = "plain", size: Size = "medium", more: unknown = ""): string {
  return ["button", look !== "plain" && `button-${look}`, size !== "medium" && `button-${size}`, more]
    .filter(Boolean)
    .join(" ");
}

// What stands where content would be: not yet, nothing, or something went wrong.
import type { ComponentChildren } from "preact";
import { strings } from "../../strings";
import type { ApiFailure } from "../failure";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <Icon name={icon} size={40} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** In the place of a whole list or page. */
export function FailureState({ failure, onRetry }: { failure: ApiFailure; onRetry?: () => void }) {
  return (
    <div class="state" role="alert">
      <Icon name="warning" size={40} />
      <h2>{strings.errors.title}</h2>
      <p>{failure.message}</p>
      <RequestId failure={failure} />
      {onRetry && (
        <Button icon="reload" onClick={onRetry}>
          {strings.errors.retry}
        </Button>
      )}
    </div>
  );
}

/** Beside the form or button whose request failed. */
export function FailureNotice({ failure }: { failure: ApiFailure }) {
  return (
    <div class="notice notice-bad" role="alert">
      <Icon name="warning" />
      <div class="stack-s wrap-anywhere">
        <span>{failure.message}</span>
        <RequestId failure={failure} />
      </div>
    </div>
  );
}

function RequestId({ failure }: { failure: ApiFailure }) {
  if (!failure.requestId) return null;
  return (
    <span class="small muted">
      {strings.errors.requestId} <code>{failure.requestId}</code>
    </span>
  );
}

/** Grey lines where text will be. */
export function Skeleton({ lines = 3, height = "1.25rem" }: { lines?: number; height?: string }) {
  return (
    <div class="stack-s" aria-busy="true">
      <span class="visually-hidden">{strings.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span
          key={index}
          class="skeleton"
          style={{ height, width: index === lines - 1 && lines > 1 ? "60%" : "100%" }}
        />
      ))}
    </div>
  );
}

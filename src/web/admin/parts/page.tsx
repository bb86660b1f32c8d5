import type { ComponentChildren } from "preact";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { adminTexts } from "../../texts/admin.ts";
import type { Loaded } from "../base/load.ts";

export interface PageProps {
  title: ComponentChildren;
  /** Where the way back leads, and what it is called. */
  back?: { href: string; label: string };
  /** Beside the title. */
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** One view of the panel: its title, and what it holds. */
export function Page({ title, back, tools, children }: PageProps) {
  return (
    <>
      {back && (
        <a class="page-back" href={back.href}>
          <Icon name="back" />
          <span>{back.label}</span>
        </a>
      )}
      <div class="page-head">
        <h1 dir="auto">{title}</h1>
        {tools && <div class="page-tools">{tools}</div>}
      </div>
      {children}
    </>
  );
}

/** What was asked for when it is there; before that grey lines, and above it why it could not be asked again. */
export function Body<T>({ loaded, children }: { loaded: Loaded<T>; children: (data: T) => ComponentChildren }) {
  const { answer, error, isStale, reload } = loaded;
  return (
    <>
      <div role="alert">
        {error && (
          <p class="notice notice-error">
            <Icon name="warning" />
            <span>{error.message}</span>
            <button type="button" class="button button-quiet" onClick={() => void reload()}>
              {adminTexts.tryAgain}
            </button>
          </p>
        )}
      </div>
      {answer?.data === undefined ? (
        !error && <Skeleton lines={6} />
      ) : (
        <div class={isStale ? "body body-stale" : "body"} aria-busy={isStale}>
          {children(answer.data)}
        </div>
      )}
    </>
  );
}

import type { ComponentChildren } from "preact";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import type { Loaded } from "../base/load.ts";

export interface PageProps {
  title: ComponentChildren;
  /** The link above the title. */
  back?: { href: string; label: string };
  /** Controls beside the title. */
  tools?: ComponentChildren;
  children: ComponentChildren;
}

/** The frame of a view: its title and its content. */
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

/** Shows loaded data, or grey lines before the first answer. An error of the last request stands above. */
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

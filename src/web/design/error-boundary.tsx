import type { ComponentChildren } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { texts } from "../texts/texts.ts";
import { Button } from "./button.tsx";

/** Shows a message instead of a blank page when a component fails. */
export function ErrorBoundary({ children }: { children: ComponentChildren }) {
  const [error] = useErrorBoundary((caught) => reportError(caught));
  if (!error) return <>{children}</>;
  return (
    <main class="starting">
      <h1>{texts.design.brokenTitle}</h1>
      <p role="alert">{texts.design.brokenText}</p>
      <Button kind="primary" onClick={() => location.reload()}>
        {texts.design.reload}
      </Button>
    </main>
  );
}

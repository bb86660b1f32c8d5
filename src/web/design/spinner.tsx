import { useStandIn } from "./stand-in.ts";

/** Shows that work is in progress. For a longer wait, a text must stand beside it. */
export const Spinner = () => <span class="spinner" aria-hidden="true" />;

/** Grey lines in place of text that is still loading. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  useStandIn();
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton-line" />
      ))}
    </div>
  );
}

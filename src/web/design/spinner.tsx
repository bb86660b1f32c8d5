/** Something is under way. Who waits longer than a moment is told in words beside it. */
export const Spinner = () => <span class="spinner" aria-hidden="true" />;

/** Where text will stand: grey lines of about its length. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="skeleton-line" />
      ))}
    </div>
  );
}

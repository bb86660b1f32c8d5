import type { Success } from "../../../protocol/envelope.ts";
import { Button } from "../../design/button.tsx";
import { adminTexts } from "../../texts/admin.ts";
import { setQuery } from "../routing.ts";

/** From which to which of how many, and on to the others. */
export function Pager({ page, size, meta }: { page: number; size: number; meta: Success<unknown>["meta"] }) {
  const total = Number(meta?.["total"] ?? 0);
  const first = page * size;
  const go = (to: number) => setQuery({ page: to === 0 ? "" : String(to) });
  return (
    <div class="pager">
      <p aria-live="polite">
        {adminTexts.range(
          Math.min(first + 1, total),
          Math.min(first + size, total),
          total,
          meta?.["total_exact"] !== false,
        )}
      </p>
      {total > size && (
        <>
          <Button disabled={page === 0} onClick={() => go(page - 1)}>
            {adminTexts.previous}
          </Button>
          <Button disabled={first + size >= total} onClick={() => go(page + 1)}>
            {adminTexts.next}
          </Button>
        </>
      )}
    </div>
  );
}

/** The page that the address names. */
export const pageOf = (query: URLSearchParams) => Math.max(0, Math.floor(Number(query.get("page")) || 0));

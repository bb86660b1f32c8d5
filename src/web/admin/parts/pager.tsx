import type { Success } from "../../../protocol/envelope.ts";
import { Button } from "../../design/button.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { setQuery } from "../base/routing.ts";

/** Shows which rows of how many are on this page, and leads to the other pages. */
export function Pager({ page, size, meta }: { page: number; size: number; meta: Success<unknown>["meta"] }) {
  const total = Number(meta?.["total"] ?? 0);
  const first = page * size;
  // The address may name a page that the list no longer has.
  const last = Math.max(0, Math.ceil(total / size) - 1);
  const isBeyond = page > last;
  const go = (to: number) => setQuery({ page: to === 0 ? "" : String(to) });
  return (
    <div class="pager">
      <p aria-live="polite">
        {!isBeyond &&
          adminTexts.range(first + 1, Math.min(first + size, total), total, meta?.["total_exact"] !== false)}
      </p>
      {(total > size || isBeyond) && (
        <>
          <Button disabled={page === 0} onClick={() => go(Math.min(page - 1, last))}>
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

/** The page number in the address, from 0. */
export const pageOf = (query: URLSearchParams) => Math.max(0, Math.floor(Number(query.get("page")) || 0));

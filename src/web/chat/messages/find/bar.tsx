import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../../sdk/index.ts";
import { parseHere } from "../../../../text/found.ts";
import { IconButton } from "../../../design/button.tsx";
import { Icon } from "../../../design/icon.tsx";
import { isComposing } from "../../../design/keys.ts";
import { searchTexts } from "../../../texts/search.ts";
import { useShortcuts } from "../../base/shortcuts.ts";
import { focusComposer, touches } from "../focus.ts";
import type { Shown } from "../use-view.ts";
import { finding, findRequests } from "./find.ts";
import { markRows } from "./marks.ts";
import { type Found, useFind } from "./use-find.ts";
import "../../search/marks.css";
import "./find.css";

const { find } = searchTexts;

/** Searches in one conversation: Enter goes to older messages, Shift+Enter to newer ones, Escape back to where you were. */
export function FindBar({ conversation, shown }: { conversation: Conversation; shown: Shown }) {
  const [text, setText] = useState("");
  const bar = useRef<HTMLElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const { found, step } = useFind(conversation, shown, text.trim());
  /** Where the reader was, and what had the focus. */
  const [before] = useState(() => ({ place: shown.place.current(), focus: document.activeElement }));

  // Each request focuses the field, also when the bar is open.
  useLayoutEffect(() => {
    box.current?.focus();
    box.current?.select();
  }, [findRequests.value]);

  const query = useMemo(() => parseHere(text.trim()), [text]);
  const current = useRef<string | undefined>(undefined);
  const hit = found.hits[found.at];
  const message = hit && shown.view.messages[shown.view.indexOf(hit.seq)];
  current.current = message?.key;
  const marks = useRef<ReturnType<typeof markRows> | undefined>(undefined);
  const isSought = text.trim() !== "";
  useEffect(() => {
    const scroller = bar.current?.closest(".conversation")?.querySelector<HTMLElement>(".messages-scroller");
    if (!scroller || !isSought) return;
    marks.current = markRows(scroller, query, () => current.current);
    return () => marks.current?.end();
  }, [query, shown.view]);
  useEffect(() => marks.current?.draw(), [message?.key]);

  const end = () => {
    const section = bar.current?.closest<HTMLElement>(".conversation");
    finding.value = undefined;
    const { focus } = before;
    if (focus instanceof HTMLElement && focus !== document.body && focus.checkVisibility()) focus.focus();
    else if (!touches.matches) focusComposer(section?.querySelector<HTMLElement>(".messages-scroller") ?? null);
  };
  const leave = () => {
    if (found.text !== "") {
      if (before.place) void shown.go({ kind: "place", ...before.place });
      else shown.toNewest();
    }
    end();
  };
  useShortcuts("messages", [
    { keys: "F3", label: find.next, run: () => step(1) },
    { keys: "Shift+F3", label: find.previous, run: () => step(-1) },
    { keys: "Mod+G", label: find.next, run: () => step(1) },
    { keys: "Mod+Shift+G", label: find.previous, run: () => step(-1) },
  ]);

  const isEmpty = found.hits.length === 0;
  return (
    <search ref={bar} class="find-bar" aria-label={find.label}>
      <Icon name="search" />
      <input
        ref={box}
        type="search"
        dir="auto"
        value={text}
        placeholder={find.placeholder}
        aria-label={find.label}
        autocomplete="off"
        autocapitalize="off"
        enterkeyhint="search"
        maxLength={500}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
          else if (event.key === "ArrowUp") step(1);
          else if (event.key === "ArrowDown") step(-1);
          else if (event.key === "Escape") leave();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <p class="find-count" role="status">
        {countOf(found)}
      </p>
      <IconButton icon="arrow-up" label={find.next} keys="Enter" aria-disabled={isEmpty} onClick={() => step(1)} />
      <IconButton
        icon="arrow-down"
        label={find.previous}
        keys="Shift+Enter"
        aria-disabled={isEmpty}
        onClick={() => step(-1)}
      />
      <IconButton icon="close" label={find.close} onClick={end} />
    </search>
  );
}

function countOf({ text, hits, at, state, hasMore, isOffline, isIndexing }: Found): string {
  if (text === "") return "";
  if (state === "failed") return find.failed;
  if (hits.length > 0) return find.of(at + 1, hits.length, !hasMore && state === "idle");
  if (state === "loading") return find.searching;
  return isOffline ? find.offline : isIndexing ? find.indexing : find.nothing;
}

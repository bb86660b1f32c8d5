import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isNothing } from "../../../text/found.ts";
import { IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { isComposing } from "../../design/keys.ts";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { useTitle } from "../base/page-title.ts";
import { pathTo, visit } from "../base/routing.ts";
import { touches } from "../messages/focus.ts";
import { useSession } from "../session/context.ts";
import { Filters } from "./filters.tsx";
import { FoundMessages } from "./found-messages.tsx";
import { FoundPlaces } from "./found-places.tsx";
import { moveAmongResults } from "./move.ts";
import { wordsOf } from "./operators.ts";
import { rememberSearch } from "./recent.ts";
import { resultsOf, type Sort, type Sought } from "./results.ts";
import { Start } from "./start.tsx";
import "../base/page.css";
import "./marks.css";
import "./search.css";

/** Milliseconds without a key before the server is asked. */
const PAUSE = 200;
/** More results load when fewer pixels than this are left below. */
const AHEAD_PX = 800;

/** The search in the address: `/search?q=budget&sort=oldest`. */
function addressed(): Sought {
  const query = new URLSearchParams(location.search);
  return { query: query.get("q") ?? "", sort: query.get("sort") === "oldest" ? "oldest" : "newest" };
}

function address({ query, sort }: Sought) {
  const values = new URLSearchParams();
  if (query !== "") values.set("q", query);
  if (sort !== "newest") values.set("sort", sort);
  const search = values.size > 0 ? `?${values}` : "";
  if (search !== location.search) history.replaceState(history.state, "", pathTo("search") + search);
}

const isSame = (a: Sought, b: Sought) => a.query === b.query && a.sort === b.sort;

/** Searches the messages of all conversations, and people and conversations by their names. */
export function SearchPage() {
  useTitle(texts.shell.sections.search);
  const { client, me, connection } = useSession();
  const list = resultsOf(client);
  const results = list.results.value;
  const [{ query: text, sort }, setSought] = useState(addressed);
  const box = useRef<HTMLInputElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const query = text.trim();
  const isOnline = connection.value.state === "online";
  const hasReturned = useRef(isSame(list.results.peek().sought, { query, sort }) && list.left.opened !== undefined);

  const change = (query: string) => setSought({ query, sort });
  const begin = (sought: Sought) => {
    if (!isSame(list.results.peek().sought, sought)) list.start(sought);
  };

  // A link, or the browser's "back", leads to another search.
  const visited = useRef(visit.value);
  useLayoutEffect(() => {
    if (visited.current === visit.value) return;
    visited.current = visit.value;
    setSought(addressed());
    box.current?.focus();
  }, [visit.value]);

  const isFirst = useRef(true);
  useEffect(() => {
    address({ query, sort });
    const pause = isFirst.current || query === "" ? 0 : PAUSE;
    isFirst.current = false;
    const timer = setTimeout(begin, pause, { query, sort });
    return () => clearTimeout(timer);
  }, [query, sort]);

  // A search on this device only is repeated on the server.
  const isAgain = isOnline && (results.isOffline || results.state === "failed");
  useEffect(() => {
    if (isAgain && results.sought.query !== "") list.start({ ...results.sought });
  }, [isOnline]);

  useLayoutEffect(() => {
    const { scrolled, opened } = list.left;
    if (!hasReturned.current) {
      if (!touches.matches || query === "") box.current?.focus();
      return;
    }
    if (scroller.current) scroller.current.scrollTop = scrolled;
    const link = opened && scroller.current?.querySelector<HTMLElement>(`a[href="${CSS.escape(opened)}"]`);
    if (link) {
      link.focus({ preventScroll: true });
      // The text may be larger than before.
      link.scrollIntoView({ block: "nearest" });
    }
    list.left.opened = undefined;
  }, []);

  const look = () => {
    const at = scroller.current;
    if (!at) return;
    list.left.scrolled = at.scrollTop;
    const isNear = at.scrollHeight - at.scrollTop - at.clientHeight < AHEAD_PX;
    if (isNear && results.isExact && results.state === "idle") list.more();
  };
  // A page may not fill the screen.
  useEffect(look, [results]);

  const toBox = () => box.current?.focus();
  const words = wordsOf(query);
  return (
    <section
      class="page search-page"
      aria-labelledby="search-title"
      onKeyDown={(event) => moveAmongResults(event, scroller.current, toBox)}
    >
      <header class="page-head">
        <h1 id="search-title">{texts.shell.sections.search}</h1>
      </header>
      <search class="search-top">
        <div class="conversations-search search-box">
          <Icon name="search" />
          <input
            ref={box}
            type="search"
            dir="auto"
            data-search-box
            value={text}
            placeholder={searchTexts.box}
            aria-label={searchTexts.box}
            autocomplete="off"
            autocapitalize="off"
            enterkeyhint="search"
            maxLength={500}
            onInput={(event) => change(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (isComposing(event)) return;
              if (event.key === "Enter") {
                begin({ query, sort });
                rememberSearch(me.peek()?.id, query);
              } else if (event.key === "Escape" && text !== "") change("");
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
          {text !== "" && (
            <IconButton
              icon="close"
              label={searchTexts.clear}
              keys="Esc"
              onClick={() => {
                change("");
                box.current?.focus();
              }}
            />
          )}
        </div>
        <Filters
          query={text}
          sort={sort}
          onChange={(query) => {
            change(query);
            box.current?.focus();
          }}
          onSort={(sort: Sort) => setSought({ query: text, sort })}
        />
      </search>
      <div class="page-scroll" ref={scroller} onScroll={look}>
        {isNothing(query) ? (
          <Start
            onChoose={(chosen) => {
              change(chosen);
              toBox();
            }}
            onAdd={(begins) => {
              change(begins);
              toBox();
            }}
          />
        ) : (
          <>
            {words !== "" && <FoundPlaces words={words} />}
            <FoundMessages
              list={list}
              onOpen={(path) => {
                rememberSearch(me.peek()?.id, query);
                list.left.opened = path;
              }}
            />
          </>
        )}
      </div>
    </section>
  );
}

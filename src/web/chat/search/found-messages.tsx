import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton, Spinner } from "../../design/spinner.tsx";
import { searchTexts } from "../../texts/search.ts";
import { texts } from "../../texts/texts.ts";
import { FoundMessage } from "./found-message.tsx";
import { groupsOf } from "./groups.ts";
import { HITS_MAX, type ResultList, type Results } from "./results.ts";

/** The messages that were found, in groups by their days, and what the search has not seen. */
export function FoundMessages({ list, onOpen }: { list: ResultList; onOpen: (path: string) => void }) {
  const results = list.results.value;
  const { hits, state, isEarlier, hasMore, isExact, sought, fault } = results;
  const isBusy = state === "loading";
  const isWaiting = isBusy && (isEarlier || hits.length === 0);
  return (
    <section class="search-found" aria-label={searchTexts.messages} aria-busy={isBusy}>
      <h2>{searchTexts.messages}</h2>
      <p class="soft small search-count" role="status">
        {isWaiting ? <span class="visually-hidden">{searchTexts.searching}</span> : countOf(results)}
      </p>
      <Notes results={results} />
      {isWaiting && hits.length === 0 && <Skeleton lines={8} />}
      <div class={isEarlier ? "search-earlier" : undefined}>
        {groupsOf(hits).map(({ label, items }) => (
          <section key={label} aria-label={label}>
            <h3 class="search-day">
              <bdi>{label}</bdi>
            </h3>
            <ul>
              {items.map((hit) => (
                <li key={hit.message.id}>
                  <FoundMessage hit={hit} onOpen={onOpen} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      {state === "idle" && hits.length === 0 && <Nothing results={results} />}
      {fault !== undefined && (
        <div class="search-end" role="alert">
          <p>{fault || searchTexts.failed}</p>
          <Button onClick={list.more}>{texts.design.tryAgain}</Button>
        </div>
      )}
      {isBusy && !isWaiting && (
        <p class="search-end soft">
          <Spinner /> {searchTexts.loadingMore}
        </p>
      )}
      {state === "idle" && hasMore && hits.length < HITS_MAX && (
        <div class="search-end">
          {!isExact && <p>{sought.sort === "newest" ? searchTexts.notAll : searchTexts.notAllOldest}</p>}
          <Button class="search-stop" onClick={list.more}>
            {isExact ? searchTexts.more : searchTexts.goOn}
          </Button>
        </div>
      )}
      {hits.length >= HITS_MAX && <p class="search-end soft">{searchTexts.enough}</p>}
    </section>
  );
}

const countOf = ({ hits, hasMore, state }: Results) =>
  state === "failed" || hits.length === 0 ? "" : searchTexts.found(hits.length, !hasMore);

/** The messages that the search could not see. */
function Notes({ results: { isOffline, indexing, state } }: { results: Results }) {
  if (state !== "idle") return null;
  return (
    <>
      {isOffline && (
        <p class="search-note-row">
          <Icon name="offline" /> {searchTexts.offline}
        </p>
      )}
      {indexing > 0 && (
        <p class="search-note-row">
          <Icon name="clock" /> {searchTexts.indexing(indexing)}
        </p>
      )}
    </>
  );
}

function Nothing({ results: { sought, isOffline, hasMore } }: { results: Results }) {
  if (hasMore) return null;
  return (
    <div class="empty search-empty">
      <Icon name="search" />
      <p class="empty-title" role="status">
        {searchTexts.nothing(sought.query)}
      </p>
      <p>{isOffline ? searchTexts.nothingHere : searchTexts.nothingHint}</p>
    </div>
  );
}

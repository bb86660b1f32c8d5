import { useState } from "preact/hooks";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { searchTexts } from "../../texts/search.ts";
import { useSession } from "../session/context.ts";
import { forgetSearch, forgetSearches, recentSearches } from "./recent.ts";

export interface StartProps {
  onChoose: (query: string) => void;
  /** Puts the beginning of an operator behind the query. */
  onAdd: (operator: string) => void;
}

/** The page before anything is sought: the last searches, and the operators. */
export function Start({ onChoose, onAdd }: StartProps) {
  const { me } = useSession();
  const id = me.value?.id;
  const [recent, setRecent] = useState(() => recentSearches(id));
  const forget = (work: () => void) => {
    work();
    setRecent(recentSearches(id));
  };
  return (
    <div class="search-start">
      {recent.length > 0 ? (
        <section aria-labelledby="recent-searches">
          <div class="search-start-head">
            <h2 id="recent-searches">{searchTexts.recent}</h2>
            <Button kind="quiet" onClick={() => forget(() => forgetSearches(id))}>
              {searchTexts.clearRecent}
            </Button>
          </div>
          <ul class="search-recent">
            {recent.map((query) => (
              <li key={query}>
                <button type="button" class="row-button search-stop" onClick={() => onChoose(query)}>
                  <Icon name="clock" />
                  <bdi class="clip">{query}</bdi>
                </button>
                <IconButton
                  icon="close"
                  label={searchTexts.removeRecent(query)}
                  onClick={() => forget(() => forgetSearch(id, query))}
                />
              </li>
            ))}
          </ul>
        </section>
      ) : (
        <div class="search-welcome">
          <Icon name="search" />
          <p class="empty-title">{searchTexts.startTitle}</p>
          <p>{searchTexts.startText}</p>
        </div>
      )}
      <section aria-labelledby="search-operators">
        <h2 id="search-operators">{searchTexts.operators}</h2>
        <ul class="search-operators">
          {searchTexts.examples.map(({ shown, meaning, begins }) => (
            <li key={begins}>
              <button type="button" class="row-button search-stop" onClick={() => onAdd(begins)}>
                <code dir="ltr">{shown}</code>
                <span class="soft">{meaning}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

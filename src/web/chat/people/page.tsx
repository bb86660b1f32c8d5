import { useRef, useState } from "preact/hooks";
import { Virtualizer } from "virtua";
import type { User } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { peopleTexts } from "../../texts/people.ts";
import { peoplePageTexts } from "../../texts/people-page.ts";
import { texts } from "../../texts/texts.ts";
import { invitePeople, showPerson, startGroup } from "../base/open-dialog.ts";
import { useTitle } from "../base/page-title.ts";
import { useSession } from "../session/context.ts";
import { usePresenceOf } from "../session/presence.ts";
import { directoryOpen } from "../session/server.ts";
import { Invite } from "./invite.tsx";
import { PersonLine } from "./person-row.tsx";
import { usePeople } from "./search.ts";
import { writeTo } from "./write-to.ts";
import "../base/page.css";

/** More people load when fewer pixels than this are left below. */
const AHEAD_PX = 1_000;

/** Everybody whom you may see, with a search. */
export function PeoplePage() {
  useTitle(texts.shell.sections.people);
  const { isSuperuser } = useSession();
  const [text, setText] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const { users, total, isLoading, fault, loadMore } = usePeople(text);
  const isSearched = text.trim() !== "";
  const loadAhead = () => {
    const at = scroller.current;
    if (at && at.scrollHeight - at.scrollTop - at.clientHeight < AHEAD_PX) loadMore();
  };
  return (
    <section class="page" aria-labelledby="people-title">
      <header class="page-head">
        <h1 id="people-title">{texts.shell.sections.people}</h1>
        <div class="form-actions">
          {isSuperuser.value && (
            <Button icon="user-add" onClick={invitePeople}>
              {texts.shell.invitePeople}
            </Button>
          )}
          <Button kind="primary" icon="users" onClick={() => startGroup()}>
            {texts.shell.newGroup}
          </Button>
        </div>
      </header>
      <search class="conversations-search">
        <Icon name="search" />
        <input
          type="search"
          value={text}
          placeholder={peopleTexts.search}
          aria-label={peoplePageTexts.search}
          autocomplete="off"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </search>
      <p class="soft small page-note" role="status">
        <bdi>
          {isLoading || fault || (total === 0 && !isSearched)
            ? ""
            : isSearched
              ? peopleTexts.found(total)
              : peoplePageTexts.count(total)}
          {!directoryOpen && !isSearched && ` ${peoplePageTexts.shared}`}
        </bdi>
      </p>
      <div class="page-scroll" ref={scroller}>
        {fault && (
          <p class="form-message" role="alert">
            {fault}
          </p>
        )}
        {users.length > 0 ? (
          <Virtualizer as="ul" item="li" scrollRef={scroller} data={users} itemSize={60} onScroll={loadAhead}>
            {(user) => <PersonRow key={user.id} user={user} />}
          </Virtualizer>
        ) : isLoading ? (
          <Skeleton lines={8} />
        ) : fault ? null : (
          <Nobody search={text.trim()} />
        )}
      </div>
    </section>
  );
}

/** A row opens the card of the person. The button at its end opens the conversation with them. */
function PersonRow({ user }: { user: User }) {
  const { client } = useSession();
  const presence = usePresenceOf(user.id);
  return (
    <div class="row row-tight">
      <button type="button" class="row-button" onClick={() => showPerson(user)}>
        <PersonLine user={user} presence={presence} />
      </button>
      <IconButton
        icon="message"
        label={peoplePageTexts.writeTo(user.full_name)}
        onClick={() => void writeTo(client, user)}
      />
    </div>
  );
}

function Nobody({ search }: { search: string }) {
  const { isSuperuser } = useSession();
  return (
    <div class="empty">
      {search !== "" ? (
        <>
          <p class="empty-title">{peopleTexts.nobodyFound(search)}</p>
          {isSuperuser.value ? (
            <Button icon="user-add" onClick={invitePeople}>
              {texts.shell.invitePeople}
            </Button>
          ) : (
            <p>{peoplePageTexts.checkSpelling}</p>
          )}
        </>
      ) : directoryOpen ? (
        <>
          <p class="empty-title">{texts.home.aloneTitle}</p>
          <Invite />
        </>
      ) : (
        <>
          <p class="empty-title">{peoplePageTexts.nobodyYet}</p>
          <p>{texts.home.notShared}</p>
        </>
      )}
    </div>
  );
}

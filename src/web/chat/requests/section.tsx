import { useLayoutEffect, useRef } from "preact/hooks";
import type { ConversationRequest } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { FormMessage } from "../../design/form.tsx";
import { isFocusLost } from "../../design/lost-focus.ts";
import { avatarOf } from "../../design/pictures.ts";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { openConversation } from "../base/routing.ts";
import { useTask } from "../base/task.ts";
import { useSession } from "../session/context.ts";
import { acceptRequest, declineRequest, loadMoreRequests, requestCount, requests } from "./requests.ts";
import "./requests.css";

/** Requests to write to you or to add you to a group, above the conversations. Renders nothing if there are none. */
export function RequestSection() {
  const { client } = useSession();
  const shown = requests.value;
  const task = useTask();
  const list = useRef<HTMLUListElement>(null);
  const hasAnswered = useRef(false);
  // The pressed button disappears with its request.
  useLayoutEffect(() => {
    if (hasAnswered.current && isFocusLost()) list.current?.focus();
    hasAnswered.current = false;
  }, [shown]);
  if (requestCount.value === 0) return null;

  function accept(request: ConversationRequest) {
    hasAnswered.current = true;
    void task.run(async () => openConversation(await acceptRequest(client, request)));
  }

  function decline(request: ConversationRequest) {
    hasAnswered.current = true;
    void task.run(async () => {
      await declineRequest(client, request);
      toast(texts.requests.declined);
    });
  }

  return (
    <section class="requests" aria-labelledby="requests-title">
      <h2 id="requests-title">
        {texts.requests.title} <span class="unread-badge">{requestCount.value}</span>
      </h2>
      <FormMessage text={task.fault} />
      <ul ref={list} tabIndex={-1} aria-labelledby="requests-title">
        {shown.map((request) => (
          <li key={request.id} class="request">
            <Avatar name={request.from.full_name} id={request.from.id} picture={avatarOf(request.from)} />
            <div class="request-texts">
              <p>
                <bdi class="request-name">{request.from.full_name}</bdi>{" "}
                {request.conversation
                  ? texts.requests.wantsToAdd(request.conversation.display_name)
                  : texts.requests.wantsToWrite}
              </p>
              <div class="form-actions">
                <Button
                  kind="primary"
                  aria-label={texts.requests.acceptOf(request.from.full_name)}
                  busy={task.busy}
                  onClick={() => accept(request)}
                >
                  {texts.requests.accept}
                </Button>
                <Button
                  aria-label={texts.requests.declineOf(request.from.full_name)}
                  busy={task.busy}
                  onClick={() => decline(request)}
                >
                  {texts.requests.decline}
                </Button>
              </div>
            </div>
          </li>
        ))}
      </ul>
      {shown.length < requestCount.value && (
        <Button wide onClick={() => void loadMoreRequests(client)}>
          {texts.design.more}
        </Button>
      )}
    </section>
  );
}

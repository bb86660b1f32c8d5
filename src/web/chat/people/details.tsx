import { Skeleton } from "../../design/spinner.tsx";
import { memberTexts } from "../../texts/members.ts";
import { otherOf } from "../base/conversation-title.ts";
import type { Aside, AsideProps } from "../base/open-aside.ts";
import { useSession } from "../session/context.ts";
import { GroupDetails } from "./group-details.tsx";
import { PersonDetails } from "./person-details.tsx";

const titleOf = ({ conversation }: AsideProps) =>
  conversation?.info?.is_group ? memberTexts.group : memberTexts.person;

/** The members of a group or the other person, and the actions on the conversation. */
function Details({ conversation }: AsideProps) {
  const { me } = useSession();
  const info = conversation?.info;
  if (!conversation || !info) return <Skeleton lines={6} />;
  if (info.is_group) return <GroupDetails conversation={conversation} info={info} />;
  const other = otherOf(info, me.value);
  return other ? <PersonDetails conversation={conversation} other={other} /> : null;
}

export const detailsAside: Aside = { title: titleOf, Body: Details };

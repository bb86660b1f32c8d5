import { useState } from "preact/hooks";
import type { Invite } from "../../../protocol/invites.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { Select } from "../../design/select.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { texts as chatTexts } from "../../texts/texts.ts";
import { call } from "../base/api.ts";
import { type Group, GroupField } from "../parts/group-field.tsx";
import { LinkDialog } from "../parts/link.tsx";

const { invites: texts } = adminTexts;
const DAY_S = 86_400;

/** How long a link works, in seconds. `null` means without end. */
const LIVES = ["day", "week", "month", "year", "never"] as const;
const SECONDS: Record<(typeof LIVES)[number], number | null> = {
  day: DAY_S,
  week: 7 * DAY_S,
  month: 30 * DAY_S,
  year: 365 * DAY_S,
  never: null,
};

/** Asks for the group and the limits of a link, creates it, and shows it. */
export function CreateInvite({ onClose, onCreated }: { onClose: () => void; onCreated: () => Promise<void> }) {
  const [invite, setInvite] = useState<Invite>();
  const [group, setGroup] = useState<Group>();
  const [life, setLife] = useState<string>("week");
  const form = useForm(["max_uses", "conversation_id"], async ({ max_uses = "" }) => {
    const most = max_uses.trim();
    const body = {
      conversation_id: group?.id ?? null,
      // Other text goes to the server unchanged, so that the server says what is wrong with it.
      max_uses: /^\d+$/.test(most) ? Number(most) : most || null,
      expires_in: SECONDS[LIVES.find((each) => each === life) ?? "week"],
    };
    const { data } = await call<Invite>("POST", "invites/", body);
    setInvite(data);
    await onCreated();
  });
  if (invite)
    return (
      <LinkDialog
        title={texts.made}
        text={group ? texts.madeFor(group.name) : texts.madeForServer}
        link={invite}
        onClose={onClose}
      />
    );
  return (
    <Dialog title={texts.create} onClose={onClose}>
      <form class="form" {...form.props}>
        <FormMessage text={form.message} />
        <GroupField
          label={texts.into}
          hint={texts.intoHint}
          none={texts.server}
          group={group}
          errors={form.errorsOf("conversation_id")}
          onChange={setGroup}
        />
        <Select
          label={texts.life}
          isLabelShown
          value={life}
          options={LIVES.map((value) => ({ value, label: texts.lives[value] }))}
          onChange={setLife}
        />
        <Field
          name="max_uses"
          label={texts.maxUses}
          hint={texts.maxUsesHint}
          inputMode="numeric"
          autocomplete="off"
          errors={form.errorsOf("max_uses")}
        />
        <div class="form-actions">
          <Button kind="primary" type="submit" busy={form.busy}>
            {texts.create}
          </Button>
          <Button onClick={onClose}>{chatTexts.design.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
}

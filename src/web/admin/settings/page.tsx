import { useState } from "preact/hooks";
import type { AdminConversation, AdminUser } from "../../../protocol/admin.ts";
import type { Registration, ServerSettingsInfo } from "../../../protocol/server.ts";
import { Button } from "../../design/button.tsx";
import { Choice } from "../../design/choice.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { Icon } from "../../design/icon.tsx";
import { toast } from "../../design/toast.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { act } from "../base/act.ts";
import { admin, Cancelled } from "../base/api.ts";
import { useLoad } from "../base/load.ts";
import { titleOf } from "../parts/conversation-title.ts";
import { type Group, GroupField } from "../parts/group-field.tsx";
import { Body, Page } from "../parts/page.tsx";
import { ColorField } from "./color-field.tsx";

const { settings: texts } = adminTexts;
const REGISTRATIONS = (["open", "invite", "closed"] as const).map((value) => ({
  value,
  label: texts.registrations[value],
}));
/** A server with this many people counts as a team. New members can ask one of them for an invite. */
const TEAM = 3;

export function Settings() {
  const loaded = useLoad<ServerSettingsInfo>("settings/");
  return (
    <Page title={adminTexts.views.settings}>
      <Body loaded={loaded}>
        {(settings) => (
          <div class="settings">
            {settings.proxy_headers_seen && (
              <p class="notice notice-error">
                <Icon name="warning" />
                <span>
                  {texts.proxySeen} <span class="code">TRUSTED_PROXIES</span> {texts.proxyWhy}
                </span>
              </p>
            )}
            {settings.registration === "open" && !settings.registration_fixed && <Advice reload={loaded.reload} />}
            <Form settings={settings} reload={loaded.reload} />
          </div>
        )}
      </Body>
    </Page>
  );
}

/** Advises to close registration. Once the team is in, only strangers still need an open one. */
function Advice({ reload }: { reload: () => Promise<void> }) {
  const { answer } = useLoad<AdminUser[]>("users/?active=true&limit=1");
  const total = Number(answer?.meta?.["total"] ?? 0);
  if (total < TEAM) return null;
  const close = async () => {
    const body = { registration: "invite" };
    if (await act(undefined, { method: "PATCH", path: "settings/", body, done: texts.saved })) await reload();
  };
  return (
    <div class="notice">
      <p>{texts.advice(total)}</p>
      <Button icon="lock" onClick={close}>
        {texts.closeNow}
      </Button>
    </div>
  );
}

function Form({ settings, reload }: { settings: ServerSettingsInfo; reload: () => Promise<void> }) {
  // An untouched field shows the stored value, also when another admin changes it.
  const [chosen, setChosen] = useState<{
    color?: string | null;
    registration?: Registration;
    group?: Group | null;
  }>({});
  const { color = settings.color, registration = settings.registration } = chosen;
  const stored = useStoredGroup(settings.default_conversation_id);
  const group = chosen.group === undefined ? stored : (chosen.group ?? undefined);
  const form = useForm(["name", "color", "default_conversation_id"], async ({ name = "" }) => {
    const body = {
      ...(name.trim() !== (settings.name ?? "") && { name }),
      ...(color !== settings.color && { color }),
      ...(registration !== settings.registration && { registration }),
      ...(chosen.group !== undefined && { default_conversation_id: chosen.group?.id ?? null }),
    };
    const answer = await admin("PATCH", "settings/", body).catch((error: unknown) => {
      if (!(error instanceof Cancelled)) throw error;
    });
    if (!answer) return;
    await reload();
    setChosen({});
    toast(texts.saved);
  });
  return (
    <form class="form" {...form.props}>
      <FormMessage text={form.message} />
      <Field
        name="name"
        label={texts.name}
        hint={texts.nameHint}
        defaultValue={settings.name ?? ""}
        autocomplete="off"
        errors={form.errorsOf("name")}
      />
      <ColorField
        color={color}
        stored={settings.color}
        isFixed={settings.color_fixed}
        errors={form.errorsOf("color")}
        onChange={(color) => setChosen((before) => ({ ...before, color }))}
      />
      <Choice
        label={texts.registration}
        hint={settings.registration_fixed ? texts.registrationFixed : texts.registrationHints[registration]}
        options={REGISTRATIONS}
        value={registration}
        disabled={settings.registration_fixed}
        onChange={(registration) => setChosen((before) => ({ ...before, registration }))}
      />
      <GroupField
        label={texts.group}
        hint={texts.groupHint}
        none={texts.noGroup}
        group={group}
        errors={form.errorsOf("default_conversation_id")}
        onChange={(group) => setChosen((before) => ({ ...before, group: group ?? null }))}
      />
      <div class="form-actions">
        <Button kind="primary" type="submit" busy={form.busy}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}

/** Returns the stored group. Its name follows as soon as it is known. */
function useStoredGroup(id: string | null): Group | undefined {
  const { answer } = useLoad<AdminConversation[]>(id === null ? undefined : `conversations/?search=${id}&limit=1`);
  if (id === null) return undefined;
  const found = answer?.data?.find((conversation) => conversation.id === id);
  return { id, name: found ? titleOf(found) : id };
}

import { useState } from "preact/hooks";
import { removeAvatar, setAvatar } from "../../../sdk/features/pictures.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Button } from "../../design/button.tsx";
import { Field } from "../../design/field.tsx";
import { FormMessage, useForm } from "../../design/form.tsx";
import { toast } from "../../design/toast.tsx";
import { accountTexts } from "../../texts/account.ts";
import { settingsTexts } from "../../texts/settings.ts";
import { texts } from "../../texts/texts.ts";
import { PictureButtons } from "../pictures/buttons.tsx";
import { useSession } from "../session/context.ts";

export function Profile() {
  const { client, me } = useSession();
  const user = me.value;
  const [first, setFirst] = useState(user?.first_name ?? "");
  const [last, setLast] = useState(user?.last_name ?? "");
  const form = useForm(["first_name", "last_name"], async ({ first_name = "", last_name = "" }) => {
    const saved = await client.updateProfile({ first_name, last_name });
    // The server may have trimmed the names.
    setFirst(saved.first_name);
    setLast(saved.last_name);
    toast(settingsTexts.saved);
  });
  if (!user) return null;
  const isChanged = first !== user.first_name || last !== user.last_name;
  return (
    <>
      <div class="person-head">
        <Avatar name={user.full_name} id={user.id} size="l" />
        <div>
          <p class="person-name" dir="auto">
            {user.full_name}
          </p>
          <p class="soft">{user.email}</p>
        </div>
      </div>
      <PictureButtons
        hasPicture={user.avatar !== undefined}
        isGroup={false}
        save={(square) => setAvatar(client, square)}
        remove={() => removeAvatar(client)}
      />
      <form class="form" {...form.props}>
        <FormMessage text={form.message} />
        <div class="form-row">
          <Field
            name="first_name"
            label={accountTexts.firstName}
            autocomplete="given-name"
            value={first}
            onInput={setFirst}
            errors={form.errorsOf("first_name")}
          />
          <Field
            name="last_name"
            label={accountTexts.lastName}
            autocomplete="family-name"
            value={last}
            onInput={setLast}
            errors={form.errorsOf("last_name")}
          />
        </div>
        <p class="field-hint">{settingsTexts.nameHint}</p>
        <div class="form-actions">
          <Button kind="primary" type="submit" disabled={!isChanged} busy={form.busy}>
            {texts.design.save}
          </Button>
        </div>
      </form>
    </>
  );
}

import { useRef, useState } from "preact/hooks";
import { ALT_MAX } from "../../../protocol/file-limits.ts";
import type { Conversation } from "../../../sdk/index.ts";
import type { PendingUpload } from "../../../sdk/public/uploads.ts";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { texts } from "../../texts/texts.ts";
import { uploadTexts } from "../../texts/uploads.ts";
import { localUrl } from "../files/local.ts";
import { describeAttached } from "./attach-files.ts";

interface AltDialogProps {
  conversation: Conversation;
  upload: PendingUpload;
  onClose: () => void;
}

/** Describes a picture for people who do not see it. */
export function AltDialog({ conversation, upload, onClose }: AltDialogProps) {
  const [alt, setAlt] = useState(upload.alt ?? "");
  const form = useRef<HTMLFormElement>(null);
  function save() {
    describeAttached(conversation, upload, alt.trim());
    onClose();
  }
  return (
    <Dialog
      title={uploadTexts.altTitle}
      shape="small"
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={() => form.current?.requestSubmit()}>
          {texts.design.save}
        </Button>
      }
    >
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <img class="attached-preview" src={localUrl(upload.id)} alt="" />
        <Field
          name="alt"
          label={uploadTexts.altLabel}
          hint={uploadTexts.altHint}
          value={alt}
          maxLength={ALT_MAX}
          onInput={setAlt}
          autofocusInDialog
        />
      </form>
    </Dialog>
  );
}

import { useRef, useState } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { confirm } from "../../design/confirm.ts";
import { FormMessage } from "../../design/form.tsx";
import { toast } from "../../design/toast.tsx";
import { pictureTexts } from "../../texts/pictures.ts";
import { later } from "../base/later.tsx";
import { useTask } from "../base/task.ts";
import "./buttons.css";

const CropDialog = later(() => import("./crop-dialog.tsx").then((module) => module.CropDialog));

interface PictureButtonsProps {
  hasPicture: boolean;
  isGroup: boolean;
  save: (square: Blob) => Promise<unknown>;
  remove: () => Promise<unknown>;
}

/** Chooses a picture from the device, of which a phone also offers its camera, and removes the one that is there. */
export function PictureButtons({ hasPicture, isGroup, save, remove }: PictureButtonsProps) {
  const [picture, setPicture] = useState<ImageBitmap>();
  const field = useRef<HTMLInputElement>(null);
  const task = useTask();

  async function read(file: File | undefined) {
    if (!file) return;
    void CropDialog.preload();
    const made = await createImageBitmap(file).catch(() => undefined);
    if (made) setPicture(made);
    else toast(pictureTexts.unreadable, { error: true });
  }

  async function askRemove() {
    const [title, text] = isGroup
      ? [pictureTexts.removeOfGroupTitle, pictureTexts.removeOfGroupText]
      : [pictureTexts.removeTitle, pictureTexts.removeText];
    if (!(await confirm({ title, text, action: pictureTexts.remove, danger: true }))) return;
    if (await task.run(remove)) toast(pictureTexts.removed);
  }

  return (
    <>
      <FormMessage text={task.fault} />
      <div class="form-actions picture-buttons">
        <input
          ref={field}
          type="file"
          accept="image/*"
          hidden
          aria-label={pictureTexts.choose}
          onChange={(event) => {
            void read(event.currentTarget.files?.[0]);
            // The same file can be chosen again.
            event.currentTarget.value = "";
          }}
        />
        <Button icon="edit" onClick={() => field.current?.click()}>
          {hasPicture ? pictureTexts.change : pictureTexts.choose}
        </Button>
        {hasPicture && (
          <Button icon="trash" busy={task.busy} onClick={() => void askRemove()}>
            {pictureTexts.remove}
          </Button>
        )}
      </div>
      {picture && (
        <CropDialog
          picture={picture}
          isGroup={isGroup}
          save={async (square) => {
            await save(square);
            toast(pictureTexts.saved);
          }}
          onClose={() => {
            picture.close();
            setPicture(undefined);
          }}
        />
      )}
    </>
  );
}

import type { ConfabClient, Conversation } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { uploadTexts } from "../../texts/uploads.ts";
import { openId } from "../base/routing.ts";
import "./drop.css";

const load = () => import("./attach-files.ts");

/** Attaches files to the next message of a conversation. */
function attachTo(conversation: Conversation, files: readonly File[], folders = 0) {
  load().then(
    ({ attachFiles }) => attachFiles(conversation, files, folders),
    () => toast(uploadTexts.notAttached, { error: true }),
  );
}

/** Lets the person choose files, or take a picture. Runs while a press is handled: browsers allow it only then. */
export function chooseFiles(conversation: Conversation, isCamera: boolean) {
  const input = document.createElement("input");
  input.type = "file";
  input.hidden = true;
  if (isCamera) {
    input.accept = "image/*";
    input.setAttribute("capture", "environment");
  } else input.multiple = true;
  input.addEventListener("change", () => {
    attachTo(conversation, [...(input.files ?? [])]);
    input.remove();
  });
  input.addEventListener("cancel", () => input.remove());
  // Safari forgets a field that is not in the page.
  document.body.append(input);
  input.click();
  void load().catch(() => {});
}

/**
 * Takes files that are dropped or pasted anywhere on the page. Without this, a browser would open a dropped file in place of
 * the page.
 */
export function followFiles(client: ConfabClient) {
  let aimed: HTMLElement | undefined;
  const aim = (section: HTMLElement | undefined) => {
    if (aimed === section) return;
    aimed?.removeAttribute("data-drop");
    section?.setAttribute("data-drop", uploadTexts.drop);
    aimed = section;
  };
  addEventListener("dragover", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    aim(sectionOf(event.target));
  });
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && aim(undefined));
  addEventListener("drop", (event) => {
    const { dataTransfer, target } = event;
    aim(undefined);
    if (!dataTransfer || !hasFiles(dataTransfer)) return;
    event.preventDefault();
    // A browser tells only now which of them are folders.
    const folders = [...dataTransfer.items].map((item) => item.webkitGetAsEntry?.()?.isDirectory ?? false);
    const files = [...dataTransfer.files];
    bring(
      target,
      files.filter((_, i) => !folders[i]),
      folders.filter(Boolean).length,
    );
  });
  addEventListener("paste", (event) => {
    const { clipboardData, target } = event;
    // Cells copied from a spreadsheet come with a picture too.
    if (!clipboardData || !hasFiles(clipboardData) || clipboardData.getData("text/plain") !== "") return;
    event.preventDefault();
    bring(target, [...clipboardData.files], 0);
  });

  function bring(target: EventTarget | null, files: readonly File[], folders: number) {
    const id = sectionOf(target)?.dataset["conversation"] ?? openId.peek();
    if (id === undefined) return toast(uploadTexts.nowhere, { error: true });
    const conversation = client.open(id);
    attachTo(conversation, files, folders);
    conversation.close();
  }
}

const sectionOf = (target: EventTarget | null) =>
  (target instanceof Element && target.closest<HTMLElement>("[data-conversation]")) || undefined;

const hasFiles = (transfer: DataTransfer | null) => transfer?.types.includes("Files") ?? false;

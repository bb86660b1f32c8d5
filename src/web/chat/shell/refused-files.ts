import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";

/** Says that only text can be sent. Without this, a browser would open a dropped file in place of the page. */
export function refuseFiles() {
  const say = () => toast(texts.shell.noFiles, { error: true });
  addEventListener("dragover", (event) => {
    if (hasFiles(event.dataTransfer)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    say();
  });
  addEventListener("paste", ({ clipboardData }) => {
    // Cells copied from a spreadsheet come with a picture too.
    if (hasFiles(clipboardData) && clipboardData?.getData("text/plain") === "") say();
  });
}

const hasFiles = (transfer: DataTransfer | null) => transfer?.types.includes("Files") ?? false;

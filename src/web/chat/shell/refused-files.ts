import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";

/** Only text can be sent, and a browser opens a file that is dropped on a page in place of the page: both are prevented and said. */
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
    // What is copied from a table comes as a picture too.
    if (hasFiles(clipboardData) && clipboardData?.getData("text/plain") === "") say();
  });
}

const hasFiles = (transfer: DataTransfer | null) => transfer?.types.includes("Files") ?? false;

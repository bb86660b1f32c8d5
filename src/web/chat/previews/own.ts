import { previewSettings } from "../../../sdk/features/previews.ts";
import type { ConfabClient, PreviewSettings } from "../../../sdk/index.ts";
import { previewsShown } from "./shown.ts";

/** Follows whether you want to see link previews, from all of your devices. */
export function followPreviews(client: ConfabClient) {
  const apply = ({ shown }: PreviewSettings) => {
    previewsShown.value = shown ? "on" : "off";
  };
  // Without a connection, the next one reads it.
  const read = () => void previewSettings(client).then(apply, () => {});
  client.on("state", (state) => state === "online" && read());
  client.on("me_reset", read);
  client.on("previews", ({ value }) => value && apply(value));
  if (client.state === "online") read();
}

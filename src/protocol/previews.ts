import { z } from "zod";
import { count } from "./text.ts";

/** How many addresses of a message have a preview at most. */
export const PREVIEWS_MAX = 3;
/** The longest address that has a preview, in UTF-16 units. */
export const PREVIEW_URL_MAX = 800;

export const preview = z
  .object({
    url: z.string().meta({ description: "The address, as it is in the message.", examples: ["https://example.com/"] }),
    title: z.string().meta({ description: "At most 300 bytes.", examples: ["Example Domain"] }),
    description: z.string().optional().meta({ description: "At most 600 bytes." }),
    site: z.string().optional().meta({ description: "The name of the site. At most 100 bytes." }),
  })
  .meta({ id: "Preview", description: "What a page says about itself. All texts are plain." });
export type Preview = z.infer<typeof preview>;

/** The field of a message with addresses. Without LINK_PREVIEWS no message gets it. */
export const previews = z
  .array(preview)
  .max(PREVIEWS_MAX)
  .meta({
    id: "Previews",
    description: `The first ${PREVIEWS_MAX} addresses of the message that have a preview. Empty: the previews were removed.`,
  });

const shown = {
  shown: z.boolean().meta({ description: "Whether you see the previews of messages.", examples: [true] }),
};

export const previewSettings = z.object(shown).meta({
  id: "PreviewSettings",
  description: "How you see link previews, on all your devices. Others see them as they want.",
});
export type PreviewSettings = z.infer<typeof previewSettings>;

/** The same in an answer, with its place in the person's own stream. */
export const previewSettingsMe = z
  .object({
    ...shown,
    me_version: count.meta({ description: "A `me` frame of kind `previews` with a higher number is newer." }),
  })
  .meta({ id: "PreviewSettingsMe" });
export type PreviewSettingsMe = z.infer<typeof previewSettingsMe>;

export const previewSettingsBody = z
  .object({ shown: z.boolean({ error: "Must be true or false." }) })
  .meta({ id: "PreviewSettingsBody", examples: [{ shown: true }] });

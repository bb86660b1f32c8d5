/** How the user sees link previews, on all devices. */
export interface PreviewSettings {
  shown: boolean;
}

/** The texts by which the page at an address describes itself. All texts are plain. */
export interface Preview {
  /** The address, as it is in the message. */
  url: string;
  title: string;
  description?: string | undefined;
  /** The name of the site. */
  site?: string | undefined;
}

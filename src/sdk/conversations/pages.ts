import type { LiveConversation, Pages } from "../parts/conversation.ts";
import type { Page } from "../parts/transport.ts";

/** Conversations on one page of a list. The server gives no more at once. */
export const PAGE = 50;

/** Resolves with `undefined` when the page can't be read. */
type ReadPage = (page: Page) => Promise<{ conversations: LiveConversation[]; total: number } | undefined>;

/**
 * Loads one of the two lists page by page: the archive, or all other conversations.
 * @param sort brings both lists up to date by `show`
 */
export function createPages(
  isArchive: boolean,
  sort: () => void,
  readPage: ReadPage,
  notifyChanged: () => void,
): Pages {
  let items: readonly LiveConversation[] = [];
  /**
   * How many of the most recent conversations the server has given, without a gap. Others may be known too: they were
   * stored on the device or came one by one.
   */
  let depth = 0;

  const pages: Pages = {
    hasMore: isArchive,
    isLoaded: false,
    get items() {
      sort();
      return items;
    },
    show(sorted) {
      const next = new Set(sorted.filter((one) => one.preferences.archived === isArchive));
      // Conversations that have left the list are missing on the server's pages too, so all others have moved up.
      depth = Math.max(0, depth - items.filter((one) => !next.has(one)).length);
      items = [...next];
    },
    async load(offset) {
      const page = await readPage({ limit: PAGE, offset, archived: `${isArchive}` });
      if (!page) return undefined;
      const { conversations, total } = page;
      depth = offset + conversations.length;
      pages.isLoaded = true;
      pages.hasMore = conversations.length > 0 && depth < total;
      // An empty page changes nothing else.
      notifyChanged();
      return conversations;
    },
    async loadMore() {
      const known = pages.items.length;
      // Goes on while a page brings nothing new.
      while ((await pages.load(pages.isLoaded ? depth : 0)) && pages.hasMore && pages.items.length <= known);
    },
  };
  return pages;
}

import { Failure } from "../../base/failure.ts";
import type { Changes } from "./service.ts";

/** The time after which a comment shows proxies that the stream lives, in ms. Many close a silent one after 30 s. */
const COMMENT_EVERY_MS = 15_000;
/** A stream ends after this time. The client comes back with `Last-Event-ID`, and its session is checked again. */
const STREAM_MS = 60_000;
const PAGE = 100;

interface Place {
  after: number | undefined;
  tag: string | undefined;
}

/** Reads a `Last-Event-ID`: a version, and the tag of the change there. */
export function placeOf(lastEventId: string | undefined): Place | undefined {
  const [, version, tag] = /^(\d{1,15})(?: ([0-9a-f-]{36}))?$/.exec(lastEventId ?? "") ?? [];
  return version === undefined ? undefined : { after: Number(version), tag };
}

const idOf = (version: number, tag: string | null | undefined) => (tag ? `${version} ${tag}` : `${version}`);

/**
 * The changes of a conversation as server-sent events. Each change is an event `change`, whose id is the place from which a
 * client resumes. A `reset` says that the changes since that place can't be had.
 */
export async function* changeStream(
  changes: Changes,
  conversationId: string,
  userId: number,
  from: Place,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const pieces: string[] = ["retry: 1000\n\n"];
  let wake = () => {};
  let isOver = false;
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const push = (text: string) => {
    pieces.push(text);
    wake();
  };
  const until = performance.now() + STREAM_MS;
  const running = changes
    .follow(conversationId, userId, both, async (moved) => {
      let { after, tag } = from;
      while (!both.aborted && !changes.isClosed && performance.now() < until) {
        const page = await changes.page(conversationId, userId, { after, tag, limit: PAGE });
        for (const { version, tag: own, frame } of page.frames)
          push(`id: ${idOf(version, own)}\nevent: change\ndata: ${frame}\n\n`);
        const { next, reset } = page;
        if (reset) push(`id: ${next}\nevent: reset\ndata: {"next":${next}}\n\n`);
        after = next;
        tag = page.tag ?? undefined;
        if (page.more) {
          // A client that does not read holds the stream up, not the memory of this node.
          while (pieces.length > PAGE && !both.aborted) await Bun.sleep(50);
          continue;
        }
        if (page.frames.length === 0 && !reset) push(": \n\n");
        await moved(Math.min(COMMENT_EVERY_MS, Math.max(1, until - performance.now())));
      }
    })
    .catch((error: unknown) => {
      const code = error instanceof Failure ? error.code : "unavailable";
      push(`event: error\ndata: {"code":"${code}"}\n\n`);
    })
    .finally(() => {
      isOver = true;
      wake();
    });
  try {
    while (!isOver || pieces.length > 0) {
      const text = pieces.splice(0).join("");
      if (text !== "") {
        yield text;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (isOver || pieces.length > 0) resolve();
      });
    }
  } finally {
    ended.abort();
    await running;
  }
}

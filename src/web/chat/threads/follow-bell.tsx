import { useState } from "preact/hooks";
import { follow } from "../../../sdk/features/threads.ts";
import type { Conversation } from "../../../sdk/index.ts";
import { IconButton } from "../../design/button.tsx";
import { toast } from "../../design/toast.tsx";
import { threadTexts } from "../../texts/threads.ts";
import { useChanges } from "../session/use-changes.ts";

/** Follows a thread, or no longer. */
export function FollowBell({ thread }: { thread: Conversation }) {
  useChanges(thread);
  const [isBusy, setBusy] = useState(false);
  const isFollowing = thread.info?.is_following;
  if (isFollowing === undefined) return null;
  async function toggle() {
    setBusy(true);
    try {
      await follow(thread, !isFollowing);
      toast(isFollowing ? threadTexts.unfollowed : threadTexts.followed);
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }
  return (
    <IconButton
      icon={isFollowing ? "bell" : "bell-off"}
      label={isFollowing ? threadTexts.unfollow : threadTexts.follow}
      aria-pressed={isFollowing}
      disabled={isBusy}
      onClick={() => void toggle()}
    />
  );
}

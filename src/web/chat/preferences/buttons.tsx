import type { Conversation } from "../../../sdk/index.ts";
import { Icon, type IconName } from "../../design/icon.tsx";
import { Menu } from "../../design/menu.tsx";
import { preferenceTexts } from "../../texts/preferences.ts";
import { useChanges } from "../session/use-changes.ts";
import { archiveAction, muteItems, type PreferenceAction, readAction, unmuteAction } from "./actions.ts";
import "./preferences.css";

/** The actions on a conversation that only you see the effect of, as buttons in a row. */
export function PreferenceButtons({ conversation }: { conversation: Conversation }) {
  useChanges(conversation);
  return (
    <div class="quick">
      {conversation.preferences.isMuted ? (
        <QuickButton {...unmuteAction(conversation)} />
      ) : (
        <Menu
          class="quick-button"
          icon="bell-off"
          label={preferenceTexts.mute}
          face={<Face icon="bell-off" label={preferenceTexts.mute} />}
          items={muteItems(conversation)}
        />
      )}
      <QuickButton {...archiveAction(conversation)} />
      <QuickButton {...readAction(conversation)} />
    </div>
  );
}

const QuickButton = ({ icon, label, run }: PreferenceAction) => (
  <button type="button" class="icon-button quick-button" onClick={run}>
    <Face icon={icon} label={label} />
  </button>
);

const Face = ({ icon, label }: { icon: IconName; label: string }) => (
  <>
    <Icon name={icon} />
    <span>{label}</span>
  </>
);

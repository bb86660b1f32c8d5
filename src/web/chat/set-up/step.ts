/** The settings that admins choose for the whole server. */
export interface ServerSettings {
  name: string | null;
  registration: "open" | "invite" | "closed";
  /** The server's own settings decide who may register. */
  registration_fixed: boolean;
  default_conversation_id: string | null;
}

export interface StepProps {
  settings: ServerSettings | undefined;
  /** Keeps these settings, and goes on. */
  onSave: (changes: Partial<ServerSettings>) => Promise<void>;
  onSkip: () => void;
}

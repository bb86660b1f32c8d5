/** The settings that admins choose for the whole server. */
export interface ServerSettings {
  name: string | null;
  registration: "open" | "invite" | "closed";
  /** The environment of the server decides who may register. */
  registration_fixed: boolean;
  default_conversation_id: string | null;
}

export interface StepProps {
  settings: ServerSettings | undefined;
  /** Saves these settings and goes on. */
  onSave: (changes: Partial<ServerSettings>) => Promise<void>;
  onSkip: () => void;
}

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Session } from "./session.ts";

const SessionContext = createContext<Session | undefined>(undefined);

/** Gives a session to all components inside. */
export const SessionProvider = SessionContext.Provider;

/** Returns the session of the surrounding `SessionProvider`: the client, the signed-in user, and the connection. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("There is no SessionProvider");
  return session;
}

import type { Http } from "../parts/transport.ts";
import type { NewPerson } from "../public/client.ts";
import type { People } from "../public/conversation.ts";
import type { ConversationRequest, Profile, SessionInfo, User } from "../public/types.ts";

/** Calls about users, sessions and requests that do not change the state of the client. */
export const accountCalls = ({ call, page: readPage }: Http) => ({
  async register(person: NewPerson): Promise<User> {
    return (await call("POST", "users/register/", { ...person, password_confirm: person.password })).data as User;
  },
  async changePassword(old_password: string, password: string): Promise<void> {
    await call("POST", "users/password/", { old_password, password, password_confirm: password });
  },
  async sessions(): Promise<SessionInfo[]> {
    return (await call("GET", "users/sessions/")).data as SessionInfo[];
  },
  async endSession(id: string): Promise<void> {
    await call("DELETE", `users/sessions/${id}/`);
  },
  async profile(): Promise<Profile> {
    return (await call("GET", "users/profile/")).data as Profile;
  },
  async requests(page?: { limit?: number; offset?: number }) {
    const { items, total } = await readPage<ConversationRequest>("chat/requests/", "", page);
    return { items, total };
  },
  async declineRequest(id: string): Promise<void> {
    await call("DELETE", `chat/requests/${id}/`);
  },
  async people(search?: string, page?: { limit?: number; offset?: number }): Promise<People> {
    const { items, total } = await readPage<User>("users/list/", search, page);
    return { users: items, total };
  },
});

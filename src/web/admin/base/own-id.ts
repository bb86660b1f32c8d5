import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Profile } from "../../../protocol/users.ts";
import { call } from "./api.ts";

const ownId = signal<number | undefined>(undefined);

/** Who looks; `undefined` until it is known. */
export function useOwnId(): number | undefined {
  useEffect(() => {
    if (ownId.value !== undefined) return;
    call<Profile>("GET", "users/profile/").then(
      ({ data }) => {
        ownId.value = data?.id;
      },
      // The server refuses all the same what nobody may do to themselves.
      () => {},
    );
  }, []);
  return ownId.value;
}

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Profile } from "../../../protocol/users.ts";
import { call } from "./api.ts";

const ownId = signal<number | undefined>(undefined);

/** The id of the signed-in admin; `undefined` until it is known. */
export function useOwnId(): number | undefined {
  useEffect(() => {
    if (ownId.value !== undefined) return;
    call<Profile>("GET", "users/profile/").then(
      ({ data }) => {
        ownId.value = data?.id;
      },
      // Without the id the page offers actions on the admin's own account. The server refuses them.
      () => {},
    );
  }, []);
  return ownId.value;
}

import { Failure } from "../../base/failure.ts";

const ENDED = {
  expired: "This invite link has expired. Ask for a new one.",
  used_up: "This invite link was used as often as it can be. Ask for a new one.",
  revoked: "This invite link was revoked. Ask for a new one.",
};

/** The refusal of an invite that is not active, which says why. */
export const inviteEnded = (state: keyof typeof ENDED) => new Failure("invite_ended", { message: ENDED[state] });

/** The refusal of a member's invite where only invites of superusers make accounts. */
export const notForRegistering = () =>
  new Failure("registration_by_invite", {
    message: "This invite link is for people who have an account here. Ask an admin for a link to register with.",
  });

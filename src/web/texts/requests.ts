/** The texts of requests to write to somebody or to add them to a group. */
export const requests = {
  title: "Requests",
  wantsToWrite: "wants to message you",
  wantsToAdd: (group: string) => `wants to add you to ${group}`,
  accept: "Accept",
  acceptOf: (name: string) => `Accept the request from ${name}`,
  decline: "Decline",
  declineOf: (name: string) => `Decline the request from ${name}`,
  declined: "Declined. They are not notified.",
  arrived: (name: string) => `New request from ${name}`,
  sent: (names: string) => `Request sent to ${names}.`,
};

import type { Scenario } from "../scenario.ts";
import { beside } from "./beside.ts";
import { chat, pairSeats } from "./chat.ts";

const common = {
  name: "dms",
  per: "message",
  isComparison: true,
  metrics: ["rate", "p50", "p99", "cpuServer", "cpuRedis", "cpuPostgres", "cpu"],
} as const;

export const dms: Scenario[] = [
  {
    ...common,
    title: "dms saturated",
    about: "500 pairs, 1,000 sockets; everybody sends as soon as their last message has reached both.",
    goals: [{ metric: "rate", of: "ratio", atLeast: 1 }],
    open: (services, timing) =>
      beside(services, (system) =>
        chat(system, { seats: pairSeats(system), how: { inFlight: 1 }, per: "message" }, timing),
      ),
  },
  {
    ...common,
    title: "dms 500/s",
    about: "The same pairs, 500 messages a second over all of them.",
    goals: [
      { metric: "p99", of: "value", atMost: 8 },
      { metric: "cpu", of: "ratio", atMost: 1.8 },
    ],
    open: (services, timing) =>
      beside(services, (system) =>
        chat(system, { seats: pairSeats(system), how: { rate: 500 }, per: "message" }, timing),
      ),
  },
  {
    ...common,
    title: "dms of 3,000 characters saturated",
    about: "`dms saturated` with long messages.",
    goals: [{ metric: "rate", of: "ratio", atLeast: 0.75 }],
    open: (services, timing) =>
      beside(services, (system) =>
        chat(system, { seats: pairSeats(system), how: { inFlight: 1 }, characters: 3_000, per: "message" }, timing),
      ),
  },
];

import type { Scenario } from "../scenario.ts";
import { beside } from "./beside.ts";
import { chat, GROUP_IN_FLIGHT, groupSeats } from "./chat.ts";

const common = {
  name: "fanout",
  per: "delivery",
  isComparison: true,
  metrics: ["deliveries", "p50", "p99", "cpuServer", "cpuRedis", "cpuPostgres", "cpu"],
} as const;

export const fanout: Scenario[] = [
  {
    ...common,
    title: "fanout 100/s",
    about: "One room of 500 sockets, ten of which send 100 messages a second together: 50,000 deliveries a second.",
    goals: [
      { metric: "cpuServer", of: "ratio", atMost: 1.05 },
      { metric: "p99", of: "ratio", atMost: 1.1 },
    ],
    open: (services, timing) =>
      beside(services, (system) =>
        chat(system, { seats: groupSeats(system), how: { rate: 100 }, per: "delivery" }, timing),
      ),
  },
  {
    ...common,
    title: "fanout saturated",
    about: "The same room, 40 messages under way at any time.",
    goals: [{ metric: "deliveries", of: "ratio", atLeast: 0.85 }],
    open: (services, timing) =>
      beside(services, (system) =>
        chat(system, { seats: groupSeats(system), how: { inFlight: GROUP_IN_FLIGHT }, per: "delivery" }, timing),
      ),
  },
];

import type { Scenario } from "../scenario.ts";
import { connect } from "./connect.ts";
import { dms } from "./dms.ts";
import { embedded } from "./embedded.ts";
import { fanout } from "./fanout.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { nodes } from "./nodes.ts";
import { reactions } from "./reactions.ts";
import { start } from "./start.ts";

export const scenarios: readonly Scenario[] = [
  dms,
  fanout,
  history,
  reactions,
  idle,
  connect,
  nodes,
  embedded,
  start,
].flat();

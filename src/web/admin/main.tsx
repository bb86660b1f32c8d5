import { render } from "preact";
import { applyPreferences } from "../chat/settings/preferences.ts";
import { App } from "./app.tsx";
import { followAddresses } from "./routing.ts";

applyPreferences();
followAddresses();
const root = document.getElementById("app");
if (root) render(<App />, root);

import { render } from "preact";
import { applyPreferences } from "../design/preferences.ts";
import { App } from "./app.tsx";
import { followAddresses } from "./base/routing.ts";

applyPreferences();
followAddresses();
const root = document.getElementById("app");
if (root) render(<App />, root);

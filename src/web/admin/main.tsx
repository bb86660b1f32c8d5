import { render } from "preact";
import { preloadIcons } from "../design/icon.tsx";
import { applyPreferences } from "../design/preferences.ts";
import { App } from "./app.tsx";
import { followAddresses } from "./base/routing.ts";

preloadIcons();
applyPreferences();
followAddresses();
const root = document.getElementById("app");
if (root) render(<App />, root);

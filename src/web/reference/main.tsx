import { render } from "preact";
import { applyPreferences } from "../design/preferences.ts";
import { App } from "./app.tsx";
import { readAccount } from "./base/account.ts";
import { loadReference } from "./base/load.ts";
import { followAddress } from "./base/routing.ts";

applyPreferences();
followAddress();
void loadReference();
void readAccount();
const root = document.getElementById("app");
if (root) render(<App />, root);

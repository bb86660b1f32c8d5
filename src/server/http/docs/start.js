// The page that has the requests: runs in the browser, after Swagger UI was loaded.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

globalThis.SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  // The page asks no other server for anything, and the browser sends the session's cookie by itself.
  validatorUrl: null,
  syntaxHighlight: { theme: "tomorrow-night" },
  withCredentials: false,
  persistAuthorization: false,
});

// Swagger UI gives some fields no name for screen readers, and leaves its scrolling parts out of the reach of a
// keyboard.
const NAMES = { "textarea.body-param__text": "Request body", select: "Media type" };
new MutationObserver(() => {
  for (const [selector, name] of Object.entries(NAMES))
    for (const field of document.querySelectorAll(`#ui ${selector}:not([aria-label])`))
      field.setAttribute("aria-label", name);
  for (const scrolling of document.querySelectorAll("#ui pre:not([tabindex])")) scrolling.tabIndex = 0;
}).observe(document.getElementById("ui"), { childList: true, subtree: true });

/** The names that get colours. Code in another language does not load them. */
export const KNOWN_LANGUAGES: ReadonlySet<string> = new Set(
  "bash c c++ cc cjs console cpp cs csharp css diff docker dockerfile go golang h hpp html ini java javascript js json jsx kotlin kt lua mjs patch php powershell ps1 py python rb rs ruby rust sh shell sql svg swift toml ts tsx typescript xml yaml yml zsh".split(
    " ",
  ),
);

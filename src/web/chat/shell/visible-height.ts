/**
 * Safari lays what fingers type with over the page and scrolls it up, its heading out of sight. So the page is only as
 * high as what can be seen.
 */
export function followVisibleHeight() {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const root = document.documentElement;
  const fit = () => {
    // Who has zoomed in looks at a part of the page: it is no smaller for that.
    const covered = viewport.scale === 1 ? Math.max(0, Math.round(root.clientHeight - viewport.height)) : 0;
    root.style.setProperty("--covered", `${covered}px`);
    if (covered > 0) scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
  fit();
}

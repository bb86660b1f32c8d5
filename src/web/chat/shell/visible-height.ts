/**
 * Safari lays the on-screen keyboard over the page and scrolls the page up, with its heading out of view. So the page
 * gets the height of the visible part.
 */
export function followVisibleHeight() {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const root = document.documentElement;
  const fit = () => {
    // Zooming in shows a part of the page, which stays as large as it is.
    const covered = viewport.scale === 1 ? Math.max(0, Math.round(root.clientHeight - viewport.height)) : 0;
    root.style.setProperty("--covered", `${covered}px`);
    if (covered > 0) scrollTo(0, 0);
  };
  viewport.addEventListener("resize", fit);
  fit();
}

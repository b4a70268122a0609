// Reads manifest.json, then starts the page that it names. Keeps its name over all publications, so it
// does no more than this. As a file the page stays still: modules and data need a server.
"use strict";
(async () => {
  if (location.protocol === "file:") return;
  document.documentElement.classList.add("live");
  try {
    const answer = await fetch("manifest.json", { cache: "no-cache" });
    if (!answer.ok) throw new Error(`manifest.json: ${answer.status} ${answer.statusText}`);
    const manifest = await answer.json();
    const base = new URL(".", location.href);
    const app = new URL(manifest.app, base);
    if (app.origin !== base.origin) throw new Error("manifest.json names a page of another host");
    const style = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=stylesheet]"));
    const wanted = new URL("style.css", app).href;
    if (style.href !== wanted) style.href = wanted;
    const page = await import(new URL("main.js", app).href);
    await page.start(manifest, base);
  } catch (error) {
    document.documentElement.classList.remove("live");
    console.error(error);
    const said = document.createElement("p");
    said.textContent = String(error instanceof Error ? error.message : error);
    document.getElementById("still")?.append(said);
  }
})();

/** The pages of officials start without a network once their user has asked for the road on this device. */

/** Registers the app's worker and lets it keep the shell: files alone, never an answer about a complaint. */
export async function keepOffice(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    (await navigator.serviceWorker.ready).active?.postMessage({ type: "office" });
  } catch { /* without it the page works while there is a network */ }
}

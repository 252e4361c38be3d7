import { ask } from "../api";

export interface Suggestion { category: string; domain: string; probability: number }
const LEAST = 6, MOST = 1000, PAUSE_MS = 500;

/** Asks at a pause of the typing what words may be about; without a network, or unsure, it says nothing. */
export function suggested(found: (suggestions: Suggestion[]) => void): (text: string) => void {
  let timer = 0, asked = "";
  return (text) => {
    clearTimeout(timer);
    const words = text.trim().slice(0, MOST);
    if (words.length < LEAST) { found([]); return; }
    timer = window.setTimeout(() => {
      if (words === asked) return;
      asked = words;
      ask<{ suggestions: Suggestion[] }>("/api/v1/suggestions", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: words }) })
        .then(({ suggestions }) => { if (words === asked) found(suggestions); }, () => { if (words === asked) { asked = ""; found([]); } });
    }, PAUSE_MS);
  };
}

/** A random name of this device, known to nobody else: limits count by it, and a second "me too" is seen to be one. */
const STORE = "phananh-device";
let inPage = "";

/** 32 characters that a URL may hold, 192 random bits. */
export function randomToken(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)))).replaceAll("+", "-").replaceAll("/", "_");
}
export function device(): string {
  for (const storage of ["localStorage", "sessionStorage"] as const) {
    try {
      const kept = window[storage].getItem(STORE);
      if (kept && /^[\w-]{22,64}$/.test(kept)) return kept;
      const made = inPage || randomToken();
      window[storage].setItem(STORE, made);
      return made;
    } catch { /* private mode: the next one, or the page alone */ }
  }
  return (inPage ||= randomToken());
}

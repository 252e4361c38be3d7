const NAME = "phananh-device";
let memory = "";

/** A random token by which the server knows that two requests are of one device, and nothing else. */
export function device(): string {
  try { memory ||= localStorage.getItem(NAME) ?? ""; } catch { /* private mode */ }
  if (!/^[\w-]{22,64}$/.test(memory)) {
    memory = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24)))).replaceAll("+", "-").replaceAll("/", "_");
    try { localStorage.setItem(NAME, memory); } catch { /* it lives as long as the page */ }
  }
  return memory;
}

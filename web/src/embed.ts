/** The map in a frame of another site: no panels, no forms, nothing stored, and a way to the full page. */
import "./embed.css";
import { byId, h } from "./dom";
import { phrases } from "./i18n";

export const embedded = location.pathname === "/embed";

const say = phrases({
  vi: { full: "Xem bản đồ đầy đủ", gestures: "Dùng Ctrl + cuộn để phóng to", mac: "Dùng ⌘ + cuộn để phóng to", touch: "Dùng hai ngón tay để di chuyển bản đồ" },
  en: { full: "Full map", gestures: "Use Ctrl + scroll to zoom the map", mac: "Use ⌘ + scroll to zoom the map", touch: "Use two fingers to move the map" },
});

/** The page a frame leads to, with the same view. */
export const fullAddress = (more: Record<string, string> = {}): string => {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(more)) query.set(key, value);
  return `/${query.size ? `?${query}` : ""}`;
};
/** A single complaint is told on the full page: a frame has no room for it. */
export const openOutside = (code: string): void => { window.open(fullAddress({ complaint: code }), "_blank", "noopener"); };

/** What the map says where one finger, or the wheel, belongs to the page around the frame. */
export const gestures = (): Record<string, string> => ({
  "CooperativeGesturesHandler.WindowsHelpText": say("gestures"), "CooperativeGesturesHandler.MacHelpText": say("mac"), "CooperativeGesturesHandler.MobileHelpText": say("touch"),
});

if (embedded) {
  document.documentElement.dataset["embed"] = "yes";
  for (const hidden of document.querySelectorAll<HTMLElement>(".skip, #search, #language, #panel, footer")) hidden.hidden = true;
  document.querySelector("header")?.append(h("a", { id: "full", href: "/", target: "_blank", rel: "noopener" }));
}

/** Whether a frame has room for a legend that is open. */
export const legendFits = (): boolean => innerWidth >= 480 && innerHeight >= 360;

/** Brings the link up to date with what is shown. */
export function drawEmbed(): void {
  if (!embedded) return;
  const link = byId("full") as HTMLAnchorElement;
  link.textContent = say("full");
  // The map moves without a change: the address is made when it is about to be used.
  link.href = fullAddress();
  link.onpointerdown = link.onfocus = () => { link.href = fullAddress(); };
}

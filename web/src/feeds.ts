import { h } from "./dom";
import { current, phrases } from "./i18n";
import { filter, onChange } from "./state";

const w = phrases({ vi: { watch: "Theo dõi nơi này", feed: "Phản ánh mới" }, en: { watch: "Watch this place", feed: "New complaints" } });
/** What new complaints have no time of their own for. */
export const TIMES = ["since", "until", "as_of"] as const;
export type Form = "atom" | "rss";

/** The address of a feed of what a filter asks for, and of what stands beside it. */
export function feedPath(form: Form, asked: URLSearchParams, beside: Record<string, string | number> = {}): string {
  const query = new URLSearchParams(asked);
  for (const key of TIMES) query.delete(key);
  for (const [key, value] of Object.entries(beside)) query.set(key, String(value));
  if (current() === "en") query.set("lang", "en");
  return `/api/v1/complaints.${form}${query.size ? `?${query}` : ""}`;
}

/** The feeds of what is shown, in the head of the page, where feed readers look. */
export function installFeeds(): void {
  const links = (["atom", "rss"] as const).map((form) => ({ form, link: h("link", { rel: "alternate", type: `application/${form}+xml` }) }));
  document.head.append(...links.map(({ link }) => link));
  const point = (): void => { for (const { form, link } of links) { link.href = feedPath(form, filter()); link.title = `${w("feed")} (${form === "atom" ? "Atom" : "RSS"})`; } };
  onChange(point);
  point();
}
export const watchWord = (): string => w("watch");

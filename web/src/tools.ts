import "./analysis.css";
import { h } from "./dom";
import { watchWord } from "./feeds";
import { followWord, openFollow } from "./follow";
import { phrases } from "./i18n";
import { chartsWord, openCharts } from "./overtime";
import { drawWord } from "./polygon";
import type { Story } from "./story";
import { openTake, takeWord, type View } from "./take";

const w = phrases({ vi: { tools: "Công cụ phân tích", satisfaction: "Mức hài lòng" }, en: { tools: "Tools of analysis", satisfaction: "Satisfaction" } });
/** The tools of the panel: what limits the figures, and what can be done with the view. */
export function tools(story: Story, view: View): HTMLElement[] {
  const tool = (id: string, text: string, click: () => void): HTMLElement => h("button", { type: "button", id, click }, text);
  return [...story.limitLines(), h("div", { class: "tools", role: "group", "aria-label": w("tools") },
    tool("open-take", takeWord(), () => openTake(view)), tool("open-charts", chartsWord(), openCharts),
    tool("draw-shape", drawWord(), () => story.drawShape()), tool("open-follow", followWord(), () => openFollow()), tool("open-watch", watchWord(), () => story.watch()),
    tool("open-satisfaction", w("satisfaction"), () => void import("./satisfaction").then((card) => card.openSatisfaction())))];
}

import { h } from "./dom";
import { current, phrases } from "./i18n";
import type { Layer } from "./state";

const w = phrases({ vi: { how: "Cách tính, và điều không cho biết" }, en: { how: "How it is computed, and what it does not say" } });
/** The pages of `docs/methods/`, which the build makes pages of the app. */
export type Method = "before-after" | "density" | "hot-spots" | "outliers" | "rates" | "reporting" | "scan" | "trends";
export const METHOD_OF: Partial<Record<Layer, Method>> = { hotspots: "hot-spots", trends: "trends", outliers: "outliers", density: "density" };

/** A way to what a statistic says, its formula and its sources; what is open stays open. */
export const methodLink = (method: Method): HTMLElement => h("p", { class: "source method" }, h("a", { href: `/methods/${method}/${current() === "vi" ? "vi/" : ""}`, target: "_blank", rel: "noopener" }, w("how")));

import "./analysis.css";
import { h } from "./dom";
import { instant, phrases } from "./i18n";
import { change, onChange, state } from "./state";

const w = phrases({
  vi: { asOf: "Số liệu tại thời điểm", now: "Về hiện tại" },
  en: { asOf: "Figures as of", now: "Return to now" },
});
/** A band that says that what is shown is not of now, for as long as that is so. */
export function installAsOf(): void {
  const band = h("p", { id: "as-of", role: "status", hidden: true });
  document.querySelector("main")?.before(band);
  const draw = (): void => {
    band.hidden = !state.as_of;
    band.replaceChildren(...(state.as_of ? [`${w("asOf")} ${instant(state.as_of)} `, h("button", { type: "button", click: () => change({ as_of: "" }) }, w("now"))] : []));
  };
  onChange(draw);
  draw();
}
/** This second, as the address and the server write it. */
export const thisMoment = (): string => new Date().toISOString().replace(/\.\d+Z$/, "Z");

/** The way into reporting: small, so that the first view does not wait for a form that most never open. */
import { h, openDialog } from "../dom";
import { phrases, t } from "../i18n";
import type { Around } from "./draft";

export type { Around } from "./draft";
const w = phrases({
  vi: { title: "Gửi phản ánh", away: "Chưa tải được mẫu phản ánh. Hãy kiểm tra mạng rồi thử lại.", again: "Thử lại" },
  en: { title: "Report an issue", away: "The form could not be loaded. Check the network and try again.", again: "Try again" },
});

/** Opens the form; it needs no map. */
export async function openReport(around: Around): Promise<void> {
  let parts: [typeof import("./form"), typeof import("./sending")];
  try { parts = await Promise.all([import("./form"), import("./sending")]); } catch {
    openDialog(w("title"), t("close"), h("p", { role: "alert", class: "alert" }, w("away")), h("button", { type: "button", click: () => void openReport(around) }, w("again")));
    return;
  }
  parts[1].startSending(around);
  await parts[0].openForm(around);
}
/** What was handed over goes out whenever there is a network; the form and its map are at hand when there is none. */
export async function startSending(around: Around): Promise<void> {
  try {
    const [sending] = await Promise.all([import("./sending"), import("./pinmap"), import("./form")]);
    sending.startSending(around);
    document.body.dataset["reporting"] = "yes";
  } catch { addEventListener("online", () => void startSending(around), { once: true }); }
}

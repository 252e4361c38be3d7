/** Sends what waits while the page is open, and shows what came of it where the reader is looking. */
import { byId, h } from "../dom";
import { phrases } from "../i18n";
import { type Around, begun, loadDraft, takeOldOnes } from "./draft";
import { openForm } from "./form";
import { renew } from "./kept";
import { keepSending, onSending, type Outcome, takeBack } from "./queue";
import { moveSending, showSent, showWaiting } from "./screens";
import { read } from "./store";

export { openForm };
const w = phrases({
  vi: { sent: "Vừa gửi xong một phản ánh đang chờ. Mã:", refused: "Một phản ánh đang chờ chưa gửi được: xem ở cuối mẫu này." },
  en: { sent: "A report that waited has just been sent. Code:", refused: "A report that waited could not be sent: see the end of this form." },
});

let started = false;
/** Once for a page, however often it is asked for. */
export function startSending(around: Around): void {
  if (started) return;
  started = true;
  const another = (): void => void openForm(around);
  const dialog = byId<HTMLDialogElement>("dialog");
  /** The reader looks at this report, or at nothing else. */
  const looked = (key: string): boolean => !dialog.open || Boolean(dialog.querySelector(`[data-sending="${CSS.escape(key)}"]`));
  const note = (...words: (Node | string)[]): void => {
    const said = h("p", { class: "note", role: "status" }, ...words);
    const news = dialog.querySelector("#report-news");
    if (news) news.append(said); else dialog.querySelector(".bar")?.after(said);
  };
  async function outcome(key: string, what: Outcome): Promise<void> {
    if ("sent" in what) {
      if (looked(key)) showSent(what.sent, around, another);
      else { note(`${w("sent")} `, h("strong", {}, what.sent.code)); await renew(around); }
      return;
    }
    if ("waits" in what) { showWaiting(key, what.waits, what.waits === "limit" ? what.until : 0, another); return; }
    const one = await read("waiting", key);
    // The words are not lost: they are a draft again, unless another is being written.
    if (one && looked(key) && !begun(await loadDraft())) await openForm(around, { refused: what.refused, draft: await takeBack(one) });
    else {
      if (dialog.open && looked(key)) await openForm(around);
      note(w("refused"));
    }
  }
  onSending({
    progress: (key, of) => { void read("waiting", key).then((one) => moveSending(key, of, one?.photos.length ?? 0)); },
    outcome: (key, what) => { void outcome(key, what); },
  });
  void takeOldOnes().then(keepSending);
}

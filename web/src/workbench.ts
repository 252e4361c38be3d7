import type { AreaSet, Domain } from "./api";
import { Refused } from "./api";
import { byId } from "./dom";
import { embedded, legendFits } from "./embed";
import { figures, resolutionOf, share, type Shown } from "./figures";
import { drawLegend, drawTotal } from "./legend";
import type { CityMap, Place } from "./map";
import { paintingOf } from "./painting";
import { seriesKey } from "./series";
import { shapesOf, type Shapes } from "./shapes";
import { drawCaptions, layOut, mapTitle } from "./split";
import { secondState, spanOf, state, type State } from "./state";

/** What the workbench needs of the page. */
export interface Page {
  open(place: Place): CityMap;
  domains: Domain[];
  sample: boolean;
  notes(): string;
  refused(problem: Refused): void;
  read(): void;
  spots(hot: NonNullable<Shown["hot"]>): void;
  groups(): void;
}

/** One map or two, their figures, and the legend that holds for what is seen. */
export class Workbench {
  private second: CityMap | null = null;
  private opening: Promise<void> | null = null;
  private shown: Shown[] = [];
  private shapes: Shapes | null = null;
  private asking = new AbortController();
  private legendOpen = embedded ? legendFits() : !state.split && !matchMedia("(max-width: 760px)").matches;
  constructor(private readonly first: CityMap, private readonly page: Page) {
    byId("legend").addEventListener("toggle", (event) => { this.legendOpen = (event.target as HTMLDetailsElement).open; }, true);
  }
  private get views(): { map: CityMap; of: State }[] {
    return [{ map: this.first, of: { ...state } }, ...(this.second ? [{ map: this.second, of: secondState() }] : [])];
  }
  /** Opens or closes the second map and draws both as the state says. */
  async update(set: AreaSet | undefined): Promise<void> {
    layOut(state.split);
    if (!state.split && this.second) { this.second.remove(); this.second = this.opening = null; }
    if (state.split && !this.second) {
      this.second = this.page.open({ container: "map-b", shown: secondState, follows: this.first, title: mapTitle() });
      this.second.follow(this.first);
      this.opening = this.second.start(this.page.domains, () => undefined);
    }
    const { second, opening } = this;
    await opening;
    // Closed again before it was there.
    if (this.second !== second) return;
    if (second) drawCaptions(this.views.map(({ of }) => ({ of, total: null })), this.page.domains);
    await Promise.all([...this.views.map(({ map }) => map.update(set)), this.figures()]);
  }
  /** Figures and classes; these hold still while the map moves at one resolution. */
  async figures(): Promise<void> {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking, { zoom } = this.first, views = this.views;
    try {
      const shown = await Promise.all(views.map(({ of }) => figures(of, zoom, signal)));
      if (views.some(({ of }) => of.layer === "areas") && state.set) this.shapes = await shapesOf(state.set);
      if (signal.aborted) return;
      this.page.read();
      const shared = share(shown);
      this.shown = shown;
      shown.forEach((one, i) => { if (views[i]?.map === this.first || views[i]?.map === this.second) views[i]?.map.show(one, paintingOf(one, this.shapes)); });
      drawLegend(shown, shared, this.page.domains, this.page.sample, this.page.notes(), this.legendOpen, (hot) => this.page.spots(hot), () => this.page.groups());
      this.captions();
    } catch (problem) {
      if (signal.aborted) return;
      if (!(problem instanceof Refused)) throw problem;
      this.page.refused(problem);
    }
  }
  /** Fills in the totals of a panel that was drawn anew. */
  total(): void { if (this.shown.length) drawTotal(this.shown); }
  /** Reads finer or coarser cells once the zoom has reached them. */
  moved(): void {
    const { zoom } = this.first;
    if (this.shown.some(({ of, resolution }) => of.layer === "cells" && resolutionOf(of, zoom) !== resolution)) void this.figures();
  }
  /** Shows a frame without a request; false where one is needed. */
  frame(frame: string): boolean {
    const wanted = [{ ...state, frame }, ...(this.second ? [{ ...secondState() }] : [])] as State[];
    if (this.second && wanted[1] && this.shown[1]?.of.frame) wanted[1].frame = frame;
    const ready = this.shown.length === wanted.length && wanted.every((of, i) => {
      const one = this.shown[i] as Shown;
      return of.frame ? one.series !== null && one.series.key === seriesKey(of, Math.min(one.resolution, 10)) : i > 0;
    });
    if (!ready) return false;
    state.frame = frame;
    wanted.forEach((of, i) => {
      const one = this.shown[i] as Shown;
      if (!one.series) return;
      one.of = of;
      one.total = one.series.totals.get(spanOf(frame).since) ?? 0;
      (i ? this.second : this.first)?.paint(paintingOf(one, this.shapes));
    });
    drawTotal(this.shown);
    this.captions();
    return true;
  }
  private captions(): void { if (this.second) drawCaptions(this.shown.map(({ of, total }) => ({ of, total })), this.page.domains); }
}

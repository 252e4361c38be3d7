/** Colours of classes, apart from the map library so that the panel need not wait for it. */
// ColorBrewer YlOrRd, six classes: ordered in lightness, safe for the colour-blind and in print.
export const RAMP = ["#ffffb2", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026"];

/** Colours for the classes that so many breaks make; one class alone takes a middle one. */
export const coloursOf = (breaks: number[]): string[] => (breaks.length ? RAMP.slice(0, breaks.length + 1) : [RAMP[3] as string]);

/** The class a value falls into: the number of breaks at or below it. */
export function classOf(breaks: number[], value: number): number {
  let k = 0;
  while (k < breaks.length && value >= (breaks[k] as number)) k++;
  return k;
}

/** From values to pixels. */

export type Scale = (value: number) => number;

export function linear(from: [number, number], to: [number, number]): Scale {
  const width = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / width) * (to[1] - to[0]);
}

/** Round values that cover the range, about as many as wanted. */
export function ticks(low: number, high: number, wanted: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** The same, but so few that no two neighbours read alike. */
export function distinctTicks(
  low: number,
  high: number,
  wanted: number,
  text: (value: number) => string,
): number[] {
  for (let number = wanted; number > 1; number -= 1) {
    const found = ticks(low, high, number);
    if (found.every((tick, at) => at === 0 || text(tick) !== text(found[at - 1] ?? 0))) {
      return found;
    }
  }
  return ticks(low, high, 1);
}

/** Every so many of them, so that labels of this width do not meet. */
export function every(count: number, width: number, labelWidth: number): number {
  return Math.max(1, Math.ceil(count / Math.max(1, Math.floor(width / labelWidth))));
}

const LETTER_WIDTH = 7;

/** About how many pixels the longest of these texts takes. */
export function widthOf(texts: string[]): number {
  return LETTER_WIDTH * Math.max(0, ...texts.map((text) => text.length));
}

/** Periods of days that end today, in the company's zone. */

import { isoDay } from "../format";

const DAY = 86_400_000;

/** The first day of the last so many, today included. */
export function firstDay(days: number, zone: string): string {
  const today = isoDay(new Date().toISOString(), zone);
  return new Date(Date.parse(today) - (days - 1) * DAY).toISOString().slice(0, 10);
}

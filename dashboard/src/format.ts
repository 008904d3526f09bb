/** Numbers of the API as people read them. */

const LOCALE = "en-US";
const DAYS = "en-GB";

/** Formats are dear to make, and the same few are asked for again and again. */
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const format = formats.get(key) ?? new Intl.NumberFormat(LOCALE, options);
  formats.set(key, format);
  return format as Intl.NumberFormat;
}

/** An amount: whole units from a hundred on, otherwise with its cents. */
export function money(amount: string | number, currency: string): string {
  const value = Number(amount);
  const format = numberFormat({
    style: "currency",
    currency,
    ...(Math.abs(value) >= 100 ? { maximumFractionDigits: 0 } : {}),
  });
  return format.format(value);
}

/** An amount that somebody entered or paid: with all its digits. */
export function exactMoney(amount: string | number, currency: string): string {
  const format = numberFormat({ style: "currency", currency, maximumFractionDigits: 4 });
  return format.format(Number(amount));
}

/** An amount on an axis: whole units wherever the axis reaches ten. */
export function axisMoney(most: number, currency: string): (amount: number) => string {
  const digits = Math.abs(most) >= 10 ? 0 : 2;
  const format = numberFormat({
    style: "currency",
    currency,
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  });
  return (amount) => format.format(amount);
}

export function count(value: number): string {
  return numberFormat({ maximumFractionDigits: 0 }).format(value);
}

/** A count that may be a fraction, such as an expected number of purchases. */
export function decimal(value: number, digits = 1): string {
  return numberFormat({ maximumFractionDigits: digits }).format(value);
}

/** A share of one in percent, with a decimal below ten percent. */
export function share(value: number): string {
  const digits = Math.abs(value) < 0.0995 ? 1 : 0;
  return numberFormat({ style: "percent", maximumFractionDigits: digits }).format(value);
}

/** A difference in percent with its sign, such as `−12.4%`. */
export function signedPercent(value: number): string {
  return `${numberFormat({
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  }).format(value)}%`;
}

/** A calendar day, such as `1 July 1998`. */
export function day(date: string): string {
  return dayFormat({ day: "numeric", month: "long", year: "numeric" }, "UTC", date.slice(0, 10));
}

export function shortDay(date: string): string {
  return dayFormat({ day: "numeric", month: "short", year: "numeric" }, "UTC", date.slice(0, 10));
}

export function month(date: string): string {
  return dayFormat({ month: "short", year: "numeric" }, "UTC", date.slice(0, 10));
}

/** A month of the year by its number, such as `07`. */
export function monthName(number: string): string {
  return dayFormat({ month: "long" }, "UTC", `2000-${number}-01`);
}

/** The day on which an instant falls in the company's time zone. */
export function dayOf(instant: string, zone: string): string {
  return dayFormat({ day: "numeric", month: "long", year: "numeric" }, zone, instant);
}

const DAY = 86_400_000;

/** The day so many days from now in the company's time zone, as the API and inputs write it. */
export const daysFromNow = (days: number, zone: string) =>
  isoDay(new Date(Date.now() + days * DAY).toISOString(), zone);

/** The day before another one, both as the API writes them. */
export const dayBefore = (date: string) =>
  new Date(Date.parse(date) - DAY).toISOString().slice(0, 10);

/** The instant at which a day is over in the company's time zone. */
export function endOfDay(date: string, timeZone: string): string {
  const inUtc = Date.parse(date) + DAY;
  const ahead = (at: number) => Date.parse(`${clock(new Date(at), timeZone)}Z`) - at;
  // Twice, since clocks may be changed between the two.
  return new Date(inUtc - ahead(inUtc - ahead(inUtc))).toISOString();
}

/** An amount with its sign, such as a change. */
export function signedMoney(amount: string | number, currency: string): string {
  const value = Number(amount);
  return `${value > 0 ? "+" : ""}${money(value, currency)}`;
}

/** How many digits a currency's amounts have behind the point, such as none for JPY. */
export function fractionDigits(currency: string): number {
  return numberFormat({ style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** The same as `YYYY-MM-DD`, as the API takes it. */
export function isoDay(instant: string, zone: string): string {
  return clock(new Date(instant), zone).slice(0, 10);
}

/**
 * What the calendar and clock of a zone show, such as `1998-07-01T08:30:00`.
 *
 * Of parts, since the order in which a language writes them differs between browsers.
 */
function clock(at: Date, timeZone: string): string {
  const parts = dateFormat(LOCALE, {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).formatToParts(at);
  const text = (types: string[], between: string) =>
    types.map((type) => parts.find((part) => part.type === type)?.value).join(between);
  return `${text(["year", "month", "day"], "-")}T${text(["hour", "minute", "second"], ":")}`;
}

/** An instant in the company's time zone, to the minute. */
export function instant(at: string, zone: string): string {
  const parts = {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  } as const;
  return dayFormat(parts, zone, at);
}

/** A stored word such as `closed_won` as a label. */
export function label(word: string): string {
  if (word === "vip") return "VIP";
  const text = word.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function dayFormat(options: Intl.DateTimeFormatOptions, timeZone: string, at: string): string {
  return dateFormat(DAYS, { ...options, timeZone }).format(new Date(at));
}

function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([language, options]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, format);
  return format as Intl.DateTimeFormat;
}

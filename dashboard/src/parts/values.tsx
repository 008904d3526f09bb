/** Values of the API for people: rounded on the screen, exact in the `value` next to it. */

import * as format from "../format";
import { useSettings } from "../settings";

interface Of<T> {
  of: T | null | undefined;
}

/** What stands where the API has no value. */
export const NONE = "–";

interface OfMoney extends Of<string | number> {
  /** The deployment's where none is given. */
  currency?: string | undefined;
  /** As it was entered or paid, which people compare with what they know. */
  isExact?: boolean;
}

export function Money({ of, currency, isExact = false }: OfMoney) {
  const settings = useSettings();
  if (of === null || of === undefined) return <>{NONE}</>;
  const write = isExact ? format.exactMoney : format.money;
  return <data value={String(of)}>{write(of, currency ?? settings.currency)}</data>;
}

/** A change of an amount, with its sign. */
export function SignedMoney({ of }: Of<string | number>) {
  const { currency } = useSettings();
  if (of === null || of === undefined) return <>{NONE}</>;
  return <data value={String(of)}>{format.signedMoney(of, currency)}</data>;
}

export function Count({ of }: Of<number>) {
  if (of === null || of === undefined) return <>{NONE}</>;
  return <data value={String(of)}>{format.count(of)}</data>;
}

export function Decimal({ of, digits = 1 }: Of<number> & { digits?: number }) {
  if (of === null || of === undefined) return <>{NONE}</>;
  return <data value={String(of)}>{format.decimal(of, digits)}</data>;
}

export function Share({ of }: Of<number>) {
  if (of === null || of === undefined) return <>{NONE}</>;
  return <data value={String(of)}>{format.share(of)}</data>;
}

export function SignedPercent({ of }: Of<number>) {
  if (of === null || of === undefined) return <>{NONE}</>;
  return <data value={String(of)}>{format.signedPercent(of)}</data>;
}

/** A calendar day, or the day of an instant in the company's zone. */
export function Day({ of }: Of<string>) {
  const { timeZone } = useSettings();
  if (!of) return <>{NONE}</>;
  const text = of.length === 10 ? format.day(of) : format.dayOf(of, timeZone);
  return <time dateTime={of}>{text}</time>;
}

export function Instant({ of }: Of<string>) {
  const { timeZone } = useSettings();
  if (!of) return <>{NONE}</>;
  return <time dateTime={of}>{format.instant(of, timeZone)}</time>;
}

/** A level of risk, by word and by colour. */
export function Level({ of }: Of<string>) {
  if (!of) return <>{NONE}</>;
  return <span class={`level level-${of}`}>{format.label(of)}</span>;
}

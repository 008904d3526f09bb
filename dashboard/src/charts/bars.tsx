import type { ComponentChildren } from "preact";

export interface Bar {
  label: ComponentChildren;
  key: string;
  /** Null where nothing is known, which is no bar of no length. */
  value: number | null;
  /** The value for people. */
  text: ComponentChildren;
  tone?: string;
  href?: string;
}

/** Bars from the left, one below the other, each with its label and its value. */
export function Bars({ bars }: { bars: Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => value ?? 0), 1e-9);
  return (
    <ul class="bars">
      {bars.map(({ key, label, value, text, tone = "tone-1", href }) => (
        <li key={key}>
          <span class="bar-label">{href ? <a href={href}>{label}</a> : label}</span>
          <span class="bar-value">{text}</span>
          {value !== null && (
            <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
              <rect class="track" width="100" height="6" />
              <rect class={`bar ${tone}`} width={Math.max(0, (value / most) * 100)} height="6" />
            </svg>
          )}
        </li>
      ))}
    </ul>
  );
}

/** What charts share: their width, their axes, and what is said of the mark under the pointer. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Scale } from "./scales";

export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface FrameProps {
  /** What the picture shows, for those who do not see it. */
  label: string;
  height: number;
  children: (width: number) => ComponentChildren;
}

interface Tip {
  text: string;
  x: number;
  y: number;
}

/** A picture as wide as its place. */
export function Frame({ label, height, children }: FrameProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [tip, setTip] = useState<Tip>();
  useLayoutEffect(() => {
    const box = place.current;
    if (!box) return;
    setWidth(box.clientWidth);
    const observer = new ResizeObserver(() => setWidth(box.clientWidth));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  const point = (event: PointerEvent) => {
    const mark = event.target instanceof Element && event.target.closest("[data-tip]");
    const box = place.current?.getBoundingClientRect();
    if (!mark || !box) return setTip(undefined);
    const text = mark.getAttribute("data-tip") ?? "";
    return setTip({ text, x: event.clientX - box.left, y: event.clientY - box.top });
  };
  return (
    <div class="chart" ref={place} onPointerMove={point} onPointerLeave={() => setTip(undefined)}>
      {width > 0 && (
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={label}
        >
          {children(width)}
        </svg>
      )}
      {tip && (
        <div class={tip.x > width / 2 ? "tip tip-left" : "tip"} style={{ left: tip.x, top: tip.y }}>
          {tip.text}
        </div>
      )}
    </div>
  );
}

interface YAxisProps {
  area: Area;
  y: Scale;
  ticks: number[];
  text: (value: number) => string;
}

export function YAxis({ area, y, ticks, text }: YAxisProps) {
  return (
    <g class="axis">
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={area.left} x2={area.right} y1={y(tick)} y2={y(tick)} />
          <text x={area.left - 6} y={y(tick)} dy="0.32em" text-anchor="end">
            {text(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}

interface XLabelsProps {
  area: Area;
  labels: { x: number; text: string }[];
  /** What the axis counts. */
  title?: string | undefined;
}

export function XLabels({ area, labels, title }: XLabelsProps) {
  return (
    <g class="axis">
      {labels.map(({ x, text }) => (
        <text key={x} x={x} y={area.bottom + 19} text-anchor="middle">
          {text}
        </text>
      ))}
      {title && (
        <text class="axis-title" x={area.right} y={area.bottom + 36} text-anchor="end">
          {title}
        </text>
      )}
    </g>
  );
}

export function Legend({ items }: { items: { name: string; tone: string }[] }) {
  return (
    <ul class="legend">
      {items.map(({ name, tone }) => (
        <li key={name}>
          <span class={`swatch ${tone}`} />
          {name}
        </li>
      ))}
    </ul>
  );
}

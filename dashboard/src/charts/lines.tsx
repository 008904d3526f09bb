import { Frame, Legend, XLabels, YAxis } from "./frame";
import { distinctTicks, every, linear, ticks, widthOf } from "./scales";

export interface Point {
  x: number;
  y: number;
  low?: number | null | undefined;
  high?: number | null | undefined;
  /** What is said under the pointer. */
  tip: string;
}

export interface Series {
  name: string;
  /** A class of colour. */
  tone: string;
  points: Point[];
  /** Intervals as a band around a line, or as whiskers on points; thin lines are a background. */
  kind?: "line" | "thin" | "dots" | "whiskers" | undefined;
  /** Whether the legend names it; so it does, unless one of many alike stands for all. */
  isListed?: boolean | undefined;
}

interface LinesProps {
  label: string;
  series: Series[];
  xText: (x: number) => string;
  xTitle?: string;
  yText: (y: number) => string;
  height?: number;
  /** Draw where both axes are equal. */
  hasDiagonal?: boolean;
  /** Begin at zero, also where every value is far from it. */
  fromZero?: boolean;
  /** Places on the axis that are marked, also where nothing is drawn. */
  marks?: number[];
}

const LABEL_WIDTH = 56;

/** Lines over a common axis, with bands or whiskers where there are intervals. */
export function Lines(props: LinesProps) {
  const { label, series, xText, xTitle, yText, hasDiagonal = false, fromZero = true } = props;
  const height = props.height ?? 260;
  const listed = series.filter(({ isListed = true }) => isListed);
  const points = series.flatMap((each) => each.points);
  const ys = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const xs = [...new Set([...points.map(({ x }) => x), ...(props.marks ?? [])])].sort(
    (one, other) => one - other,
  );
  const least = Math.min(...ys, ...(fromZero ? [0] : []));
  const yTicks = distinctTicks(least, Math.max(...ys), 5, yText);
  const gutter = 14 + widthOf(yTicks.map(yText));
  return (
    <>
      {listed.length > 1 && <Legend items={listed} />}
      <Frame label={label} height={height}>
        {(width) => {
          const area = { left: gutter, right: width - 18, top: 10, bottom: height - 42 };
          const first = xs[0] ?? 0;
          const last = xs.at(-1) ?? 1;
          const hasRoom = series.every((each) => each.kind === "whiskers");
          const pad = (hasRoom ? 0.08 * (last - first) : 0) || (first === last ? 0.5 : 0);
          const x = linear([first - pad, last + pad], [area.left, area.right]);
          const y = linear([yTicks[0] ?? 0, yTicks.at(-1) ?? 1], [area.bottom, area.top]);
          const step = every(xs.length, area.right - area.left, LABEL_WIDTH);
          const labels = hasDiagonal
            ? ticks(first, last, 5).filter((each) => each >= first && each <= last)
            : xs.filter((_, index) => index % step === 0);
          return (
            <>
              <YAxis area={area} y={y} ticks={yTicks} text={yText} />
              <XLabels
                area={area}
                labels={labels.map((each) => ({ x: x(each), text: xText(each) }))}
                title={xTitle}
              />
              {(yTicks[0] ?? 0) <= 0 && (
                <line class="zero" x1={area.left} x2={area.right} y1={y(0)} y2={y(0)} />
              )}
              {hasDiagonal && (
                <line class="diagonal" x1={x(first)} y1={y(first)} x2={x(last)} y2={y(last)} />
              )}
              {series.map((each, place) => (
                <Drawn key={place} series={each} x={x} y={y} />
              ))}
            </>
          );
        }}
      </Frame>
    </>
  );
}

interface DrawnProps {
  series: Series;
  x: (value: number) => number;
  y: (value: number) => number;
}

function Drawn({ series, x, y }: DrawnProps) {
  const { points, tone, kind = "line" } = series;
  const bounded = points.flatMap(({ x: at, low, high }) =>
    low === null || low === undefined || high === null || high === undefined
      ? []
      : [{ x: x(at), low: y(low), high: y(high) }],
  );
  const upper = bounded.map((each) => `${each.x},${each.high}`);
  const lower = bounded.map((each) => `${each.x},${each.low}`).reverse();
  const hasLine = kind === "line" || kind === "thin";
  return (
    <g class={kind === "thin" ? `${tone} thin` : tone}>
      {kind === "line" && bounded.length > 1 && (
        <polygon class="band" points={[...upper, ...lower].join(" ")} />
      )}
      {kind === "whiskers" &&
        bounded.map((each) => (
          <path
            key={each.x}
            class="whisker"
            d={`M${each.x - 5},${each.low}h10m-5,0V${each.high}m-5,0h10`}
          />
        ))}
      {hasLine && (
        <polyline
          class="line"
          points={points.map((each) => `${x(each.x)},${y(each.y)}`).join(" ")}
        />
      )}
      {(kind === "thin" ? [] : points).map((each) => (
        <circle
          key={each.x}
          class={kind === "line" ? "dot" : "dot dot-large"}
          cx={x(each.x)}
          cy={y(each.y)}
          r={kind === "line" ? 2.5 : 4.5}
        />
      ))}
      {points.map((each) => (
        <circle
          key={each.x}
          class="target"
          cx={x(each.x)}
          cy={y(each.y)}
          r="11"
          data-tip={each.tip}
        />
      ))}
    </g>
  );
}

import { Frame, Legend, XLabels, YAxis } from "./frame";
import { every, linear, ticks } from "./scales";

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
  /** Intervals as a band around a line, or as whiskers on points of their own. */
  kind?: "line" | "dots" | "whiskers" | undefined;
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
}

const LABEL_WIDTH = 56;

/** Lines over a common axis, with bands or whiskers where there are intervals. */
export function Lines(props: LinesProps) {
  const { label, series, xText, xTitle, yText, hasDiagonal = false, fromZero = true } = props;
  const height = props.height ?? 260;
  const points = series.flatMap((each) => each.points);
  const ys = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const xs = [...new Set(points.map(({ x }) => x))].sort((one, other) => one - other);
  const yTicks = ticks(Math.min(...ys, ...(fromZero ? [0] : [])), Math.max(...ys), 5);
  const gutter = 14 + 7 * Math.max(...yTicks.map((tick) => yText(tick).length));
  return (
    <>
      {series.length > 1 && <Legend items={series} />}
      <Frame label={label} height={height}>
        {(width) => {
          const area = { left: gutter, right: width - 18, top: 10, bottom: height - 42 };
          const pad = series.every((each) => each.kind === "whiskers") ? 0.5 : 0;
          const first = xs[0] ?? 0;
          const last = xs.at(-1) ?? 1;
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
              {series.map((each) => (
                <Drawn key={each.name} series={each} x={x} y={y} />
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
  return (
    <g class={tone}>
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
      {kind === "line" && (
        <polyline
          class="line"
          points={points.map((each) => `${x(each.x)},${y(each.y)}`).join(" ")}
        />
      )}
      {points.map((each) => (
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

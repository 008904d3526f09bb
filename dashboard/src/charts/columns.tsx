import { Frame, Legend, XLabels, YAxis } from "./frame";
import { distinctTicks, every, linear, widthOf } from "./scales";

export interface Part {
  name: string;
  tone: string;
}

export interface ColumnOfParts {
  label: string;
  /** By part; below zero hangs from the axis. */
  values: number[];
  tip: string;
}

interface ColumnsProps {
  label: string;
  parts: Part[];
  columns: ColumnOfParts[];
  yText: (y: number) => string;
  xTitle?: string;
  height?: number;
}

/** What a label takes at least. */
const LABEL_WIDTH = 60;

/** Columns of stacked parts, over time or over classes. */
export function Columns({ label, parts, columns, yText, xTitle, height = 260 }: ColumnsProps) {
  const above = columns.map(({ values }) => sum(values.filter((value) => value > 0)));
  const below = columns.map(({ values }) => sum(values.filter((value) => value < 0)));
  const yTicks = distinctTicks(Math.min(0, ...below), Math.max(1e-9, ...above), 5, yText);
  const gutter = 14 + widthOf(yTicks.map(yText));
  const labelWidth = Math.max(LABEL_WIDTH, widthOf(columns.map((column) => `${column.label} `)));
  return (
    <>
      {parts.length > 1 && <Legend items={parts} />}
      <Frame label={label} height={height}>
        {(width) => {
          const area = { left: gutter, right: width - 12, top: 10, bottom: height - 42 };
          const band = (area.right - area.left) / Math.max(1, columns.length);
          const y = linear([yTicks[0] ?? 0, yTicks.at(-1) ?? 1], [area.bottom, area.top]);
          const step = every(columns.length, area.right - area.left, labelWidth);
          const middle = (index: number) => area.left + band * (index + 0.5);
          return (
            <>
              <YAxis area={area} y={y} ticks={yTicks} text={yText} />
              <XLabels
                area={area}
                labels={columns.flatMap((column, index) =>
                  index % step === 0 ? [{ x: middle(index), text: column.label }] : [],
                )}
                title={xTitle}
              />
              {columns.map((column, index) => (
                <g key={column.label} data-tip={column.tip}>
                  <rect
                    class="target"
                    x={area.left + band * index}
                    y={area.top}
                    width={band}
                    height={area.bottom - area.top}
                  />
                  {stacked(column.values).map(({ from, to }, part) => (
                    <rect
                      key={parts[part]?.name}
                      class={`bar ${parts[part]?.tone}`}
                      x={area.left + band * (index + 0.12)}
                      width={band * 0.76}
                      y={Math.min(y(from), y(to))}
                      height={Math.abs(y(from) - y(to))}
                    />
                  ))}
                </g>
              ))}
              <line class="zero" x1={area.left} x2={area.right} y1={y(0)} y2={y(0)} />
            </>
          );
        }}
      </Frame>
    </>
  );
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function stacked(values: number[]): { from: number; to: number }[] {
  let above = 0;
  let below = 0;
  return values.map((value) => {
    const from = value < 0 ? below : above;
    if (value < 0) below += value;
    else above += value;
    return { from, to: from + value };
  });
}

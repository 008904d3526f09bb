import { NONE } from "../parts/values";

export interface HeatRow {
  label: string;
  size: string;
  /** By column; null where there is no value yet. */
  cells: ({ value: number; text: string; tip: string; isOpen: boolean } | null)[];
}

/** Percent of the colour at most, so that text can be read on it. */
const DEEPEST = 45;

interface HeatMapProps {
  caption: string;
  rowTitle: string;
  sizeTitle: string;
  columns: string[];
  rows: HeatRow[];
  /** The value of the deepest colour. */
  deepest: number;
}

/** A table whose cells are coloured by their value. */
export function HeatMap({ caption, rowTitle, sizeTitle, columns, rows, deepest }: HeatMapProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table class="heat">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{rowTitle}</th>
            <th scope="col" class="number">
              {sizeTitle}
            </th>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.label}>
              <th scope="row">{row.label}</th>
              <td class="number">{row.size}</td>
              {columns.map((column, index) => {
                const cell = row.cells[index];
                if (!cell) return <td key={column}>{NONE}</td>;
                const depth = Math.min(1, Math.max(0, cell.value / deepest));
                return (
                  <td
                    key={column}
                    title={cell.tip}
                    class={cell.isOpen ? "open" : undefined}
                    style={{ "--depth": `${Math.round(depth * DEEPEST)}%` }}
                  >
                    {cell.text}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

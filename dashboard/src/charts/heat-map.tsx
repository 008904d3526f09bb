import { useEffect, useState } from "preact/hooks";
import { Scroll } from "../parts/scroll";
import { NONE } from "../parts/values";

export interface HeatRow {
  label: string;
  size: string;
  /** By column; null where there is no value yet. */
  cells: ({ value: number; text: string; tip: string; isOpen: boolean } | null)[];
}

/** Percent of the colour at most, so that text can be read on it. */
const DEEPEST = 45;
/** As many columns as a page of paper has room for. */
const ON_PAPER = 18;

interface HeatMapProps {
  caption: string;
  rowTitle: string;
  sizeTitle: string;
  columns: string[];
  rows: HeatRow[];
  /** The value of the deepest colour. */
  deepest: number;
}

/** A table whose cells are coloured by their value; on paper, several below each other. */
export function HeatMap(props: HeatMapProps) {
  const { caption, columns } = props;
  const width = usePaper() ? ON_PAPER : columns.length;
  const firsts = columns.flatMap((_, index) => (index % width === 0 ? [index] : []));
  return (
    <Scroll label={caption}>
      {firsts.map((first) => (
        <Part key={first} {...props} first={first} until={first + width} />
      ))}
    </Scroll>
  );
}

/** The columns from one on until another. */
function Part(props: HeatMapProps & { first: number; until: number }) {
  const { caption, rowTitle, sizeTitle, columns, rows, deepest, first, until } = props;
  return (
    <table class="heat">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{rowTitle}</th>
          <th scope="col" class="number">
            {sizeTitle}
          </th>
          {columns.slice(first, until).map((column) => (
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
            {columns.slice(first, until).map((column, index) => {
              const cell = row.cells[first + index];
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
  );
}

/** Whether the page is being printed. */
function usePaper(): boolean {
  const [isPaper, setPaper] = useState(false);
  useEffect(() => {
    const begin = () => setPaper(true);
    const end = () => setPaper(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
  return isPaper;
}

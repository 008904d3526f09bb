/** Tables of what is shown, and the same as CSV. */

import type { ComponentChildren } from "preact";
import { Scroll } from "./scroll";
import { NONE } from "./values";

export type Cell = string | number | null | undefined;

export interface Column<Row> {
  label: string;
  /** The API's own value, as the CSV holds it. */
  value: (row: Row) => Cell;
  /** How people read it; the value itself where this is left out. */
  show?: (row: Row) => ComponentChildren;
  isNumber?: boolean;
  /** What stands beside the name where rows have no room for columns. */
  isKey?: boolean;
  /** Sentences, which take a line of their own there. */
  isLong?: boolean;
  /** Something to press, which says nothing of the row. */
  isControl?: boolean;
}

/** More columns than these have no room on a phone. */
const FEW = 3;
/** Said again, since a browser may forget them where a table is not laid out as one. */
const ROLES = {
  table: { role: "table" },
  rows: { role: "rowgroup" },
  row: { role: "row" },
  heading: { role: "columnheader" },
  name: { role: "rowheader" },
  cell: { role: "cell" },
} as const;

interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
}

export function Table<Row>({ caption, columns, rows }: TableProps<Row>) {
  const name = columns.find((column) => !column.isControl);
  return (
    <Scroll label={caption}>
      <table {...ROLES.table} class={columns.length > FEW ? "many" : undefined}>
        <caption class="unseen">{caption}</caption>
        <thead {...ROLES.rows}>
          <tr {...ROLES.row}>
            {columns.map((column) => (
              <th key={column.label} {...ROLES.heading} scope="col" class={classOf(column)}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...ROLES.rows}>
          {rows.map((row, index) => (
            <tr key={index} {...ROLES.row}>
              {columns.map((column) => (
                <td
                  key={column.label}
                  {...(column === name ? ROLES.name : ROLES.cell)}
                  class={classOf(column, row)}
                  data-label={column.label}
                >
                  {column.show ? column.show(row) : (column.value(row) ?? NONE)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function classOf<Row>(column: Column<Row>, row?: Row): string | undefined {
  const { isNumber, isKey, isLong, isControl } = column;
  const names = {
    number: isNumber,
    key: isKey,
    long: isLong,
    control: isControl,
    none: row !== undefined && (column.value(row) ?? "") === "",
  };
  const held = Object.entries(names).filter(([, isHeld]) => isHeld);
  return held.map(([name]) => name).join(" ") || undefined;
}

export function asCsv<Row>(columns: Column<Row>[], rows: Row[]): string {
  const lines = [
    columns.map((column) => column.label),
    ...rows.map((row) => columns.map((column) => column.value(row))),
  ];
  return lines.map((line) => `${line.map(csvCell).join(",")}\r\n`).join("");
}

/** A cell; text that a spreadsheet would take for a formula is kept from it by an apostrophe. */
function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  const text = String(cell);
  const isFormula = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) && Number.isNaN(Number(text));
  const kept = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(kept) ? `"${kept.replaceAll('"', '""')}"` : kept;
}

/** By which a spreadsheet knows UTF-8; programs do without it where there is nothing to know. */
const MARK = "\uFEFF";

export function download(name: string, csv: string): void {
  const parts = /^\p{ASCII}*$/u.test(csv) ? [csv] : [MARK, csv];
  const address = URL.createObjectURL(new Blob(parts, { type: "text/csv;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(address);
}

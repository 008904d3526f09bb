/** Tables of what is shown, and the same as CSV. */

import type { ComponentChildren } from "preact";
import { NONE } from "./values";

export type Cell = string | number | null | undefined;

export interface Column<Row> {
  label: string;
  /** The API's own value, as the CSV holds it. */
  value: (row: Row) => Cell;
  /** How people read it; the value itself where this is left out. */
  show?: (row: Row) => ComponentChildren;
  isNumber?: boolean;
}

interface TableProps<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
}

export function Table<Row>({ caption, columns, rows }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.label} scope="col" class={column.isNumber ? "number" : undefined}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column.label} class={column.isNumber ? "number" : undefined}>
                  {column.show ? column.show(row) : (column.value(row) ?? NONE)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
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

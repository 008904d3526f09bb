/** A picture of numbers with what is needed to believe it. */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { readAt } from "../reading";
import { asCsv, type Column, download, Table } from "./table";
import { Day, Instant } from "./values";

interface FigureProps<Row> {
  /** A finding, or the question that the picture answers. */
  title: string;
  /** What is shown, in one sentence. */
  definition: string;
  /** The instant for which the numbers hold. */
  asOf?: string | null | undefined;
  /** The request behind it, such as `/leads?status=new`. */
  address: string;
  method?: "POST";
  /** The file's name without its ending. */
  name: string;
  columns: Column<Row>[];
  rows: Row[];
  /** The picture; without one, the table itself is shown. */
  children?: ComponentChildren;
  /** What stands between the definition and the picture, such as choices. */
  controls?: ComponentChildren;
}

export function Figure<Row>(props: FigureProps<Row>) {
  const { title, definition, asOf, address, method, name, columns, rows } = props;
  const { children, controls } = props;
  const read = readAt(address)?.toISOString();
  const id = useId();
  return (
    <figure class="card" aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        <p class="definition">{definition}</p>
      </figcaption>
      {controls && <div class="controls">{controls}</div>}
      {children ?? <Table caption={title} columns={columns} rows={rows} />}
      <footer class="sources">
        {asOf ? (
          <span>
            As of <Day of={asOf} />
          </span>
        ) : (
          read && (
            <span>
              As of <Instant of={read} />
            </span>
          )
        )}
        {children !== undefined && (
          <details>
            <summary>Table</summary>
            <Table caption={title} columns={columns} rows={rows} />
          </details>
        )}
        <button
          type="button"
          class="quiet"
          onClick={() => download(`${name}.csv`, asCsv(columns, rows))}
        >
          CSV
        </button>
        <ApiCall address={address} method={method} />
      </footer>
    </figure>
  );
}

/** The request that answers with these numbers. */
function ApiCall({ address, method }: { address: string; method: string | undefined }) {
  const [isCopied, setCopied] = useState(false);
  const verb = method ? `-X ${method} ` : "";
  const command = `curl ${verb}-H "Authorization: Bearer $TOKEN" "${location.origin}${address}"`;
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    setCopied(true);
  };
  return (
    <details>
      <summary>API call</summary>
      <p class="call">
        <code>{command}</code>
        <button type="button" class="quiet" onClick={copy}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </p>
    </details>
  );
}

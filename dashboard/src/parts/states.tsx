/** Loading, empty, stale and failed: what a page shows in place of numbers. */

import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useErrorBoundary, useRef } from "preact/hooks";
import { ApiError } from "../api";
import { instant } from "../format";
import type { Reading } from "../reading";
import { useSettings } from "../settings";

interface ReadyProps<T> {
  reading: Reading<T>;
  /** The sentence for people where there is nothing yet; undefined where there is something. */
  empty?: (data: T) => ComponentChildren | undefined;
  children: (data: T) => ComponentChildren;
}

/** What was read, once it was. */
export function Ready<T>({ reading, empty, children }: ReadyProps<T>) {
  const { data, error, readAt, reload, address } = reading;
  const { timeZone } = useSettings();
  const [broken, mend] = useErrorBoundary();
  const hasWaited = useRef(false);
  const before = useRef<T | undefined>(undefined);
  useEffect(() => {
    if (broken) mend();
  }, [address, data]);
  if (broken) return <Failed error={new ApiError(0, "This answer cannot be shown")} />;
  const isLoading = data === undefined && !error;
  if (isLoading) hasWaited.current = true;
  if (data !== undefined) before.current = data;
  // What another choice showed stays until its successor is here, and with it what has the focus.
  const shown = isLoading ? before.current : data;
  return (
    <>
      <p class="unseen" role="status" aria-busy={isLoading}>
        {isLoading ? "Loading…" : hasWaited.current && !error && "Loaded"}
      </p>
      {isLoading && shown === undefined && <Loading />}
      {error &&
        (data !== undefined && readAt ? (
          <p class="notice" role="status">
            {error.message}. These numbers were read on {instant(readAt.toISOString(), timeZone)}.{" "}
            <button type="button" onClick={reload}>
              Try again
            </button>
          </p>
        ) : (
          <Failed error={error} retry={reload} />
        ))}
      {shown !== undefined && <Shown data={shown} empty={empty} show={children} />}
    </>
  );
}

interface ShownProps<T> {
  data: T;
  empty: ReadyProps<T>["empty"];
  show: ReadyProps<T>["children"];
}

/** A part of its own, so that what cannot be shown does not take the page with it. */
function Shown<T>({ data, empty, show }: ShownProps<T>) {
  const nothing = empty?.(data);
  return nothing ? <Empty>{nothing}</Empty> : <Fragment>{show(data)}</Fragment>;
}

export function Loading() {
  return <div class="card loading" />;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="card empty">{children}</div>;
}

export function Failed({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="card failed" role="alert">
      <p>
        <strong>{error.message}</strong>
      </p>
      {error.detail && <p>{error.detail}</p>}
      {error.fields.length > 0 && (
        <ul>
          {error.fields.map((each) => (
            <li key={each.field + each.code}>
              <code>{each.field}</code>: {each.message}
            </li>
          ))}
        </ul>
      )}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

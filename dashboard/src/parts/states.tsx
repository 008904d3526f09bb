/** Loading, empty, stale and failed: what a page shows in place of numbers. */

import type { ComponentChildren } from "preact";
import type { ApiError } from "../api";
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
  const { data, error, readAt, reload } = reading;
  const { timeZone } = useSettings();
  if (data === undefined) {
    return error ? <Failed error={error} retry={reload} /> : <Loading />;
  }
  const nothing = empty?.(data);
  return (
    <>
      {error && readAt && (
        <p class="notice" role="status">
          {error.message}. These numbers were read on {instant(readAt.toISOString(), timeZone)}.{" "}
          <button type="button" onClick={reload}>
            Try again
          </button>
        </p>
      )}
      {nothing ? <Empty>{nothing}</Empty> : children(data)}
    </>
  );
}

export function Loading() {
  return (
    <div class="card loading" role="status" aria-busy="true">
      <span class="unseen">Loading…</span>
    </div>
  );
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

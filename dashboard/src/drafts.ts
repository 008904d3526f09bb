/**
 * What somebody writes and has not saved: held for this window, so that a reload, a new sign-in
 * and the way back find it again.
 */

import { useRef, useState } from "preact/hooks";

const PREFIX = "succotash.draft.";

interface Draft<T> {
  now: T;
  change: (next: (before: T) => T) => void;
  /** Whether it was begun on an earlier visit of the page. */
  isFound: boolean;
  /** After it was saved, or is wanted no more. */
  forget: () => void;
}

/** A draft by its name, which begins as what is stored by the API or as a page suggests. */
export function useDraft<T>(name: string, beginning: T): Draft<T> {
  const key = PREFIX + name;
  const [found] = useState(() => read<T>(key));
  const [isFound, setFound] = useState(found !== undefined);
  const [now, setNow] = useState(found ?? beginning);
  const latest = useRef(now);
  const set = (value: T) => {
    latest.current = value;
    setNow(value);
  };
  return {
    now,
    change: (next) => {
      set(next(latest.current));
      sessionStorage.setItem(key, JSON.stringify(latest.current));
    },
    isFound,
    forget: () => {
      sessionStorage.removeItem(key);
      setFound(false);
      set(beginning);
    },
  };
}

/** Forget every draft, as when somebody signs out. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}

function read<T>(key: string): T | undefined {
  const text = sessionStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as T);
}

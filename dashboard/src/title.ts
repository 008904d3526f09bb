import { useEffect } from "preact/hooks";

export const titleOf = (page: string) => `${page} · Succotash`;

/**
 * Say in the document's title which campaign or form a page is about, once it is known.
 *
 * Titles outlive the page in histories and bookmarks, so they name no person.
 */
export function useTitle(kind: string, name: string | undefined): void {
  useEffect(() => {
    if (name) document.title = titleOf(`${kind}: ${name}`);
  }, [kind, name]);
}

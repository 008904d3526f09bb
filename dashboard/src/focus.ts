import { useEffect } from "preact/hooks";

/**
 * Keep the keyboard's place where what had the focus is gone, or could not be pressed for a while.
 *
 * A button that is disabled until an answer is here has the focus again afterwards. In place of
 * what was removed, what it stood in has it: the next press of Tab goes on from there.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    /** What has the focus, and what it stands in, from the inside. */
    let path: HTMLElement[] = [];
    const follow = ({ target }: FocusEvent) => {
      path = [];
      for (let each = target; each instanceof HTMLElement; each = each.parentElement) {
        path.push(each);
      }
    };
    const forget = () => {
      path = [];
    };
    const keep = () => {
      const [last, ...around] = path;
      if (!last || !document.hasFocus() || document.activeElement !== document.body) return;
      if (last.isConnected) return last.focus({ preventScroll: true });
      const place = around.find((each) => each.isConnected && each.matches("main *"));
      const next = place ?? document.querySelector<HTMLElement>("main h1");
      if (!next) return;
      if (next.tabIndex < 0) next.tabIndex = -1;
      next.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(keep);
    observer.observe(document.body, {
      attributeFilter: ["disabled"],
      childList: true,
      subtree: true,
    });
    document.addEventListener("focusin", follow);
    document.addEventListener("pointerdown", forget, true);
    return () => {
      observer.disconnect();
      document.removeEventListener("focusin", follow);
      document.removeEventListener("pointerdown", forget, true);
    };
  }, []);
}

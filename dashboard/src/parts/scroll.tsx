/** What may be wider than its place. */

import type { ComponentChildren } from "preact";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";

interface ScrollProps {
  label: string;
  children: ComponentChildren;
}

/** Scrolls where its content has no room: by keyboard too, and it is seen that there is more. */
export function Scroll({ label, children }: ScrollProps) {
  const place = useRef<HTMLElement>(null);
  const [isCut, setCut] = useState(false);
  const [hasMore, setMore] = useState(false);
  const measure = useCallback(() => {
    const box = place.current;
    if (!box) return;
    const across = box.scrollWidth - box.clientWidth;
    setCut(across > 1 || box.scrollHeight - box.clientHeight > 1);
    setMore(across - box.scrollLeft > 1);
  }, []);
  // It is told of sizes once they are known, and asks for none: what is not shown has none.
  useLayoutEffect(() => {
    const box = place.current;
    if (!box) return;
    const observer = new ResizeObserver(measure);
    for (const each of [box, ...box.children]) observer.observe(each);
    return () => observer.disconnect();
  }, []);
  return (
    <div class={hasMore ? "scrolled has-more" : "scrolled"}>
      <section
        class="scroll"
        ref={place}
        onScroll={measure}
        tabIndex={isCut ? 0 : undefined}
        aria-label={isCut ? label : undefined}
      >
        {children}
      </section>
      {hasMore && (
        <p class="more" aria-hidden="true">
          More to the right →
        </p>
      )}
    </div>
  );
}

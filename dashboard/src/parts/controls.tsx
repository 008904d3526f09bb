import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { link, useAddress } from "../address";
import { label as asLabel } from "../format";

interface ChoiceProps {
  label: string;
  value: string;
  /** Stored values; the empty one stands for all of them. */
  options: readonly string[];
  choose: (value: string) => void;
  /** Where a value reads otherwise than its stored word. */
  texts?: Record<string, string>;
}

export function Choice({ label, value, options, choose, texts = {} }: ChoiceProps) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {texts[option] ?? (option ? asLabel(option) : "All")}
          </option>
        ))}
      </select>
    </label>
  );
}

interface MoreOptionsProps {
  /** Those that are not as usual, in words. */
  changed: string[];
  children: ComponentChildren;
}

/** Choices that few people make: open once one of them is not as usual, else when asked for. */
export function MoreOptions({ changed, children }: MoreOptionsProps) {
  const hasChanged = changed.length > 0;
  // It stays open when the last one is set back: the keyboard is still within.
  const isOpen = useRef(false);
  isOpen.current ||= hasChanged;
  return (
    <details class={hasChanged ? "options changed" : "options"} open={isOpen.current}>
      <summary>
        <span>More options</span>
        {hasChanged && <span class="note">{changed.join("; ")}</span>}
      </summary>
      <div class="controls">{children}</div>
    </details>
  );
}

interface FieldProps {
  label: string;
  hint?: string;
  children: (ids: { id: string; "aria-describedby"?: string }) => ComponentChildren;
}

/** An input with its label and a sentence of help. */
export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(hint ? { id, "aria-describedby": `${id}-hint` } : { id })}
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
    </div>
  );
}

/** The next page of a list; the browser's Back is the one before. */
export function Pager({ next }: { next: string | null }) {
  const { path, query } = useAddress();
  if (!next && !query.cursor) return null;
  return (
    <p class="pager">
      {query.cursor && <a href={link(path, { ...query, cursor: undefined })}>First page</a>}
      {next && <a href={link(path, { ...query, cursor: next })}>Next page</a>}
    </p>
  );
}

/** Says that what is shown was begun earlier, and offers to drop it. */
export function FoundDraft({ isFound, forget }: { isFound: boolean; forget: () => void }) {
  if (!isFound) return null;
  return (
    <p class="notice" role="status">
      You began this earlier, and have not saved it.{" "}
      <button type="button" onClick={forget}>
        Discard it
      </button>
    </p>
  );
}

interface StatProps {
  label: string;
  children: ComponentChildren;
  /** What it is compared with. */
  note?: ComponentChildren;
}

/** One number with its name. */
export function Stat({ label, children, note }: StatProps) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd>
        <strong>{children}</strong>
        {note && <span class="note">{note}</span>}
      </dd>
    </div>
  );
}

/** Editors of a form's fields and rules. */

import type { Schemas } from "../api";
import { Choice, Field } from "../parts/controls";

type FieldBody = Schemas["FieldBody"];
type RuleBody = Schemas["RuleBody"];

const FIELD_KINDS: Schemas["FieldKind"][] = [
  "text",
  "textarea",
  "email",
  "phone",
  "number",
  "choice",
  "choices",
  "checkbox",
  "hidden",
  "consent",
];
const RULE_KINDS: Schemas["RuleKind"][] = [
  "required",
  "email",
  "phone",
  "regex",
  "length",
  "range",
  "choice",
  "matches",
];
/** Where a kind reads otherwise than its stored word. */
const FIELD_TEXTS: Partial<Record<Schemas["FieldKind"], string>> = {
  textarea: "Long text",
  email: "E-mail",
  choice: "One choice",
  checkbox: "Tick box",
};
const RULE_TEXTS: Partial<Record<Schemas["RuleKind"], string>> = {
  email: "E-mail",
  regex: "Pattern",
  choice: "From a list",
  matches: "Same as",
};
const PARAMETER_TEXTS: Record<string, string> = {
  pattern: "Regular expression",
  min: "At least",
  max: "At most",
  choices: "List, by commas",
  field: "Other field",
};
/** The parameters that each kind of rule takes. */
const PARAMETERS: Partial<Record<Schemas["RuleKind"], string[]>> = {
  regex: ["pattern"],
  length: ["min", "max"],
  range: ["min", "max"],
  choice: ["choices"],
  matches: ["field"],
};

interface FieldsProps {
  fields: FieldBody[];
  change: (fields: FieldBody[]) => void;
}

export function FieldsEditor({ fields, change }: FieldsProps) {
  const set = (index: number, changes: Partial<FieldBody>) =>
    change(fields.map((each, at) => (at === index ? { ...each, ...changes } : each)));
  const raise = (index: number) => {
    const moved = fields[index];
    if (!moved) return;
    const others = fields.toSpliced(index, 1);
    change(others.toSpliced(index - 1, 0, moved));
  };
  return (
    <fieldset>
      <legend>Fields</legend>
      {fields.map((field, index) => {
        const { kind = "text" } = field;
        return (
          <div class="part" key={index}>
            <div class="side-by-side">
              <Field label="Label">
                {(ids) => (
                  <input
                    {...ids}
                    value={field.label}
                    required
                    onInput={(event) => set(index, { label: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Field label="Name">
                {(ids) => (
                  <input
                    {...ids}
                    value={field.name}
                    required
                    onInput={(event) => set(index, { name: event.currentTarget.value })}
                  />
                )}
              </Field>
              <Choice
                label="Kind"
                value={kind}
                options={FIELD_KINDS}
                texts={FIELD_TEXTS}
                choose={(chosen) => set(index, ofKind(chosen as Schemas["FieldKind"]))}
              />
              {kind === "consent" && (
                <Field label="Purpose" hint="What may be sent: marketing, if this is empty">
                  {(ids) => (
                    <input
                      {...ids}
                      value={field.purpose ?? ""}
                      onInput={(event) => set(index, { purpose: event.currentTarget.value })}
                    />
                  )}
                </Field>
              )}
            </div>
            {(kind === "choice" || kind === "choices") && (
              <Field label="Choices" hint="Each on its own line">
                {(ids) => (
                  <textarea
                    {...ids}
                    rows={3}
                    value={(field.choices ?? []).join("\n")}
                    onChange={(event) => set(index, { choices: lines(event.currentTarget.value) })}
                  />
                )}
              </Field>
            )}
            <p class="controls">
              {kind !== "consent" && (
                <label class="tick">
                  <input
                    type="checkbox"
                    checked={field.required ?? false}
                    onChange={(event) => set(index, { required: event.currentTarget.checked })}
                  />{" "}
                  Required
                </label>
              )}
              {index > 0 && (
                <button type="button" class="quiet" onClick={() => raise(index)}>
                  Move {field.label || "the field"} up
                </button>
              )}
              <button
                type="button"
                class="quiet"
                onClick={() => change(fields.toSpliced(index, 1))}
              >
                Remove {field.label || "the field"}
              </button>
            </p>
          </div>
        );
      })}
      <p>
        <button
          type="button"
          class="second"
          onClick={() => change([...fields, { name: "", label: "", kind: "text" }])}
        >
          Add a field
        </button>
      </p>
    </fieldset>
  );
}

/** What changes with a field's kind: a consent is free, and only a consent has a purpose. */
function ofKind(kind: Schemas["FieldKind"]): Partial<FieldBody> {
  const choices = kind === "choice" || kind === "choices" ? {} : { choices: [] };
  return kind === "consent"
    ? { kind, required: false, ...choices }
    : { kind, purpose: "", ...choices };
}

/** The rules after a field was renamed; without those of a field that is gone. */
export function followFields(
  rules: RuleBody[],
  before: FieldBody[],
  after: FieldBody[],
): RuleBody[] {
  const isSameCount = before.length === after.length;
  const renamed = new Map(
    isSameCount ? before.map((field, index) => [field.name, after[index]?.name]) : [],
  );
  const names = new Set(after.map((field) => field.name));
  return rules
    .map((rule) =>
      names.has(rule.field) ? rule : { ...rule, field: renamed.get(rule.field) ?? "" },
    )
    .filter((rule) => names.has(rule.field));
}

interface RulesProps {
  rules: RuleBody[];
  names: string[];
  change: (rules: RuleBody[]) => void;
}

export function RulesEditor({ rules, names, change }: RulesProps) {
  const set = (index: number, changes: Partial<RuleBody>) =>
    change(rules.map((each, at) => (at === index ? { ...each, ...changes } : each)));
  return (
    <fieldset>
      <legend>Rules</legend>
      {rules.map((rule, index) => (
        <div class="part" key={index}>
          <div class="side-by-side">
            <Choice
              label="Field"
              value={rule.field}
              options={names}
              texts={Object.fromEntries(names.map((name) => [name, name]))}
              choose={(field) => set(index, { field })}
            />
            <Choice
              label="Rule"
              value={rule.kind}
              options={RULE_KINDS}
              texts={RULE_TEXTS}
              choose={(kind) => set(index, { kind: kind as Schemas["RuleKind"], parameters: {} })}
            />
            {(PARAMETERS[rule.kind] ?? []).map((name) => (
              <Field key={name} label={PARAMETER_TEXTS[name] ?? name}>
                {(ids) => (
                  <input
                    {...ids}
                    value={shown(rule.parameters?.[name])}
                    onChange={(event) => {
                      const { [name]: _, ...others } = rule.parameters ?? {};
                      const value = parameter(name, event.currentTarget.value);
                      set(index, {
                        parameters: value === undefined ? others : { ...others, [name]: value },
                      });
                    }}
                  />
                )}
              </Field>
            ))}
            <Field label="What it says otherwise">
              {(ids) => (
                <input
                  {...ids}
                  value={rule.message ?? ""}
                  onInput={(event) => set(index, { message: event.currentTarget.value })}
                />
              )}
            </Field>
          </div>
          <p>
            <button type="button" class="quiet" onClick={() => change(rules.toSpliced(index, 1))}>
              Remove the rule
            </button>
          </p>
        </div>
      ))}
      <p>
        <button
          type="button"
          class="second"
          disabled={names.length === 0}
          onClick={() => change([...rules, { field: names[0] ?? "", kind: "required" }])}
        >
          Add a rule
        </button>
      </p>
    </fieldset>
  );
}

const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

const shown = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

/** A rule's parameter as the API takes it; undefined where it is left empty. */
function parameter(name: string, text: string): string | number | string[] | undefined {
  if (text === "") return undefined;
  if (name === "choices") return text.split(",").map((each) => each.trim());
  return name === "min" || name === "max" ? Number(text) : text;
}

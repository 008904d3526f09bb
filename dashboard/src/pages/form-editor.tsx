import { useState } from "preact/hooks";
import { link, useAddress } from "../address";
import {
  ApiError,
  type Body,
  changedMeanwhile,
  getTagged,
  isOutdated,
  replacing,
  type Schemas,
  send,
} from "../api";
import { useDraft } from "../drafts";
import { Field, FoundDraft } from "../parts/controls";
import { Failed, Ready } from "../parts/states";
import { forgetAnswers, useReading } from "../reading";
import { FieldsEditor, followFields, RulesEditor } from "./form-parts";
import { FormPreview } from "./form-preview";

export type FormBody = Body<"/forms/{form_id}", "put">;

const NEW: FormBody = {
  title: "",
  fields: [{ name: "email", label: "E-mail", kind: "email", required: true }],
  rules: [],
};

const OUTDATED = changedMeanwhile(
  "form",
  "Saving again replaces what is stored; discard yours to see that.",
);

interface FormDraft {
  form: FormBody;
  name: string;
  /** Of the state that it was begun from; a new form has none. */
  tag?: string | undefined;
}

/** Define a form, with its hosted page as it will look. */
export function FormEditor() {
  const [, id] = useAddress().path;
  return (
    <>
      <p>
        <a href={link(id ? ["forms", id] : ["forms"])}>{id ?? "Forms"}</a>
      </p>
      <h1>{id ? "Edit the form" : "New form"}</h1>
      {id ? <Existing key={id} id={id} /> : <Editor body={NEW} />}
    </>
  );
}

function Existing({ id }: { id: string }) {
  const form = useReading("/forms/{form_id}", { path: { form_id: id } });
  return (
    <Ready reading={form}>
      {(data) => (
        <Editor key={form.tag} id={id} body={bodyOf(data)} tag={form.tag} reload={form.reload} />
      )}
    </Ready>
  );
}

/** What a PUT takes of what a GET answers. */
function bodyOf({ form_id, updated_at, rules, ...kept }: Schemas["FormView"]): FormBody {
  return { ...kept, rules: rules.map(({ rule_id, ...rule }) => rule) } as FormBody;
}

interface EditorProps {
  body: FormBody;
  /** Of a form that is there, with the tag of what was read, and how to read it again. */
  id?: string;
  tag?: string | undefined;
  reload?: () => void;
}

function Editor({ id, body, tag: read, reload }: EditorProps) {
  const beginning = { form: body, name: id ?? "", tag: read };
  const {
    now: { form, name, tag },
    change: setDraft,
    ...kept
  } = useDraft<FormDraft>(`form ${id ?? ""}`, beginning);
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const set = (changes: Partial<FormDraft>) => setDraft((before) => ({ ...before, ...changes }));
  const change = (changes: Partial<FormBody>) =>
    setDraft((before) => ({ ...before, form: { ...before.form, ...changes } }));
  /** Nothing that somebody else saved meanwhile, or that another form is, goes without a word. */
  const replace = async () => {
    const path = { form_id: name };
    try {
      await send("put", "/forms/{form_id}", { path, condition: replacing(tag) }, form);
    } catch (reason) {
      if (!isOutdated(reason)) throw reason;
      if (!id) throw new ApiError(412, `A form ${name} exists already`, "Choose another id.");
      set({ tag: (await getTagged("/forms/{form_id}", { path })).tag });
      throw OUTDATED;
    }
  };
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await replace();
      forgetAnswers();
      kept.forget();
      location.hash = link(["forms", name]);
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
      setBusy(false);
    }
  };
  const discard = () => {
    kept.forget();
    setError(undefined);
    reload?.();
  };
  return (
    <>
      <FoundDraft
        isFound={kept.isFound || (id !== undefined && isOutdated(error))}
        forget={discard}
      />
      <div class="columns">
        <form class="form card" onSubmit={save}>
          {!id && (
            <Field label="Id" hint="A part of its address, such as newsletter in /f/newsletter">
              {(ids) => (
                <input
                  {...ids}
                  value={name}
                  required
                  pattern="[a-z0-9][a-z0-9_\-]*"
                  onInput={(event) => set({ name: event.currentTarget.value })}
                />
              )}
            </Field>
          )}
          <Field label="Title">
            {(ids) => (
              <input
                {...ids}
                value={form.title}
                required
                onInput={(event) => change({ title: event.currentTarget.value })}
              />
            )}
          </Field>
          <FieldsEditor
            fields={form.fields ?? []}
            change={(fields) =>
              change({ fields, rules: followFields(form.rules ?? [], form.fields ?? [], fields) })
            }
          />
          <RulesEditor
            rules={form.rules ?? []}
            names={(form.fields ?? []).map((each) => each.name)}
            change={(rules) => change({ rules })}
          />
          <Field label="Terms to agree to" hint="Empty: nothing has to be agreed to">
            {(ids) => (
              <textarea
                {...ids}
                rows={2}
                value={form.consent_text ?? ""}
                onInput={(event) => change({ consent_text: event.currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Tell by e-mail" hint="Addresses, each on its own line">
            {(ids) => (
              <textarea
                {...ids}
                rows={2}
                value={(form.notify ?? []).join("\n")}
                onChange={(event) =>
                  change({ notify: event.currentTarget.value.split(/\s+/).filter(Boolean) })
                }
              />
            )}
          </Field>
          {error && <Failed error={error} />}
          <p class="actions">
            <button type="submit" disabled={isBusy}>
              Save
            </button>
            <span class="note">The next submission goes by the new definition.</span>
          </p>
        </form>
        <FormPreview form={form} />
      </div>
    </>
  );
}

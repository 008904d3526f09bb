import { useState } from "preact/hooks";
import { link, useAddress } from "../address";
import { ApiError, type Body, getTagged, type Schemas, send } from "../api";
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

interface FormDraft {
  form: FormBody;
  name: string;
  /** What was stored when it was begun; empty for a new form. */
  stored: string;
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
      {id ? <Existing id={id} /> : <Editor body={NEW} />}
    </>
  );
}

function Existing({ id }: { id: string }) {
  const form = useReading("/forms/{form_id}", { path: { form_id: id } });
  return (
    <Ready reading={form}>
      {(data) => <Editor key={data.updated_at} id={id} body={bodyOf(data)} reload={form.reload} />}
    </Ready>
  );
}

/** What a PUT takes of what a GET answers. */
function bodyOf({ form_id, updated_at, rules, ...kept }: Schemas["FormView"]): FormBody {
  return { ...kept, rules: rules.map(({ rule_id, ...rule }) => rule) } as FormBody;
}

/** What is stored now, as a text to compare, and its tag; no text where no form has this id. */
async function storedNow(form_id: string): Promise<{ text: string; tag?: string }> {
  try {
    const { answer, tag } = await getTagged("/forms/{form_id}", { path: { form_id } });
    return { text: JSON.stringify(bodyOf(answer)), tag };
  } catch (reason) {
    if (reason instanceof ApiError && reason.status === 404) return { text: "" };
    throw reason;
  }
}

const changedMeanwhile = () =>
  new ApiError(
    409,
    "The form was changed since you opened it",
    "Saving again replaces what is stored; discard yours to see that.",
  );

interface EditorProps {
  body: FormBody;
  /** Of a form that is there, and how to read it again. */
  id?: string;
  reload?: () => void;
}

function Editor({ id, body, reload }: EditorProps) {
  const beginning = { form: body, name: id ?? "", stored: id ? JSON.stringify(body) : "" };
  const {
    now: { form, name, stored },
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
    const now = await storedNow(name);
    if (now.text !== stored) {
      if (!id) throw new ApiError(409, `A form ${name} exists already`, "Choose another id.");
      set({ stored: now.text });
      throw changedMeanwhile();
    }
    const place = { path: { form_id: name }, ...(now.tag && { ifMatch: now.tag }) };
    try {
      await send("put", "/forms/{form_id}", place, form);
    } catch (reason) {
      if (!(reason instanceof ApiError && reason.status === 412)) throw reason;
      // Somebody saved since it was read just now.
      set({ stored: (await storedNow(name)).text });
      throw changedMeanwhile();
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
      <FoundDraft isFound={kept.isFound || error?.status === 409} forget={discard} />
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

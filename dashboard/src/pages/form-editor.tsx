import { useState } from "preact/hooks";
import { link, useAddress } from "../address";
import { ApiError, type Body, type Schemas, send } from "../api";
import { Field } from "../parts/controls";
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

/** Define a form, with its hosted page as it will look. */
export function FormEditor() {
  const { path } = useAddress();
  const id = path[1] ?? "new";
  return id === "new" ? <Editor body={NEW} /> : <Existing id={id} />;
}

function Existing({ id }: { id: string }) {
  const form = useReading("/forms/{form_id}", { path: { form_id: id } });
  return <Ready reading={form}>{(data) => <Editor id={id} body={bodyOf(data)} />}</Ready>;
}

/** What a PUT takes of what a GET answers. */
function bodyOf({ form_id, updated_at, rules, ...kept }: Schemas["FormView"]): FormBody {
  return { ...kept, rules: rules.map(({ rule_id, ...rule }) => rule) } as FormBody;
}

function Editor({ id, body }: { id?: string; body: FormBody }) {
  const [form, setForm] = useState(body);
  const [name, setName] = useState(id ?? "");
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const change = (changes: Partial<FormBody>) => setForm((before) => ({ ...before, ...changes }));
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await send("put", "/forms/{form_id}", { path: { form_id: name } }, form);
      forgetAnswers();
      location.hash = link(["forms", name]);
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
      setBusy(false);
    }
  };
  return (
    <>
      <p>
        <a href={link(id ? ["forms", id] : ["forms"])}>{id ? body.title : "Forms"}</a>
      </p>
      <h1>{id ? "Edit the form" : "New form"}</h1>
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
                  onInput={(event) => setName(event.currentTarget.value)}
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

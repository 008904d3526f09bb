import type { Schemas } from "../api";
import { Field } from "../parts/controls";
import type { FormBody } from "./form-editor";

/** The form as its hosted page shows it; nothing here is sent. */
export function FormPreview({ form }: { form: FormBody }) {
  const fields = (form.fields ?? []).filter((field) => field.kind !== "hidden");
  return (
    <section class="card preview" aria-label="Preview">
      <p class="note">As the hosted page shows it</p>
      <fieldset>
        <h2>{form.title || "Title"}</h2>
        {fields.map((field, index) => (
          <Previewed key={index} field={field} />
        ))}
        {form.consent_text && (
          <label class="tick">
            <input type="checkbox" /> {form.consent_text}
          </label>
        )}
        <p>
          <button type="button" disabled>
            Send
          </button>
        </p>
      </fieldset>
    </section>
  );
}

function Previewed({ field }: { field: Schemas["FieldBody"] }) {
  const { kind = "text", choices = [], required = false } = field;
  const label = `${field.label}${required ? "" : " (optional)"}`;
  if (kind === "checkbox" || kind === "consent") {
    return (
      <label class="tick">
        <input type="checkbox" /> {field.label}
      </label>
    );
  }
  if (kind === "choices") {
    return (
      <fieldset class="tight">
        <legend>{label}</legend>
        {choices.map((choice) => (
          <label class="tick" key={choice}>
            <input type="checkbox" /> {choice}
          </label>
        ))}
      </fieldset>
    );
  }
  return (
    <Field label={label}>
      {(ids) => {
        if (kind === "textarea") return <textarea {...ids} rows={4} />;
        if (kind === "email") return <input {...ids} type="email" />;
        if (kind === "number") return <input {...ids} type="number" />;
        if (kind !== "choice") return <input {...ids} />;
        return (
          <select {...ids}>
            {["", ...choices].map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        );
      }}
    </Field>
  );
}

import { render } from "preact";
import { goOnWith } from "./api";
import { App } from "./app";
import { beginSession } from "./session";
import type { Start } from "./start";

const { start } = globalThis;
globalThis.start = undefined; // it holds the token
start?.then(show);

function show(started: Start): void {
  if (started.name === "signed-in") {
    beginSession(started.session);
    goOnWith(started.begun);
  }
  const place = document.getElementById("app");
  if (place) render(<App started={started} />, place);
}

import { render } from "preact";
import { readAddress } from "./address";
import { goOnWith } from "./api";
import { App } from "./app";
import { loadOthers } from "./pages/other";
import { beginSession } from "./session";
import type { Start } from "./start";

const { start } = globalThis;
globalThis.start = undefined; // it holds the token
const isToday = readAddress(location.hash).path.length === 0;
const code = isToday ? undefined : loadOthers().catch(() => {}); // the page says so itself
start?.then(async (started) => {
  await code;
  show(started);
});

function show(started: Start): void {
  if (started.name === "signed-in") {
    beginSession(started.session);
    goOnWith(started.begun);
  }
  const place = document.getElementById("app");
  if (place) render(<App started={started} />, place);
}

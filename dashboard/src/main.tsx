import { render } from "preact";
import { App, start } from "./app";

const place = document.getElementById("app");
// The way to the first numbers is begun before anything is drawn.
const started = start();
if (place) render(<App started={started} />, place);

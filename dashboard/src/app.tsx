/** The frame of every page: sign-in, navigation, and the page that the address names. */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { type Address, AddressContext, readAddress } from "./address";
import { Navigation } from "./navigation";
import { pageOf } from "./pages";
import { allRead } from "./reading";
import { goToIssuer, SignInError, signIn, signOut } from "./session";
import { readSettings, type Settings, SettingsContext } from "./settings";

type Stage =
  | { name: "starting" }
  | { name: "signed-in"; settings: Settings; person: string }
  | { name: "signed-out"; settings: Settings; why: string }
  | { name: "failed"; why: string };

/** Milliseconds for which the first page waits for its answers, rather than show that it waits. */
const PATIENCE = 300;

/** What is shown once `started` says who is signed in. */
export function App({ started }: { started: Promise<Stage> }) {
  const [stage, setStage] = useState<Stage>({ name: "starting" });
  useLayoutEffect(() => {
    started.then(setStage);
  }, [started]);
  switch (stage.name) {
    case "starting":
      return <p class="alone" aria-busy="true" />;
    case "failed":
      return (
        <main class="alone">
          <h1>Succotash</h1>
          <p role="alert">{stage.why}</p>
          <button type="button" onClick={() => location.reload()}>
            Try again
          </button>
        </main>
      );
    case "signed-out":
      return (
        <main class="alone">
          <h1>Succotash</h1>
          <p role="status">{stage.why}</p>
          <button type="button" onClick={() => goToIssuer(stage.settings)}>
            Sign in
          </button>
        </main>
      );
    case "signed-in":
      return (
        <SettingsContext.Provider value={stage.settings}>
          <Pages
            person={stage.person}
            leave={() => {
              signOut(stage.settings);
              setStage({ ...stage, name: "signed-out", why: "You are signed out." });
            }}
          />
        </SettingsContext.Provider>
      );
  }
}

/** Read the settings and sign in; what came of it. */
export async function start(): Promise<Stage> {
  let settings: Settings;
  try {
    settings = await readSettings();
  } catch {
    return { name: "failed", why: "The service cannot be reached." };
  }
  try {
    const { name } = await signIn(settings);
    return { name: "signed-in", settings, person: name };
  } catch (error) {
    if (error instanceof SignInError) {
      return { name: "signed-out", settings, why: `Not signed in: ${error.message}` };
    }
    return { name: "failed", why: "The issuer of tokens cannot be reached." };
  }
}

function Pages({ person, leave }: { person: string; leave: () => void }) {
  const [address, setAddress] = useState<Address>(() => readAddress(location.hash));
  useEffect(() => {
    const follow = () => setAddress(readAddress(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const page = pageOf(address.path);
  const place = address.path.join("/");
  useEffect(() => {
    document.title = `${page.title} · Succotash`;
  }, [page.title]);
  useEffect(() => {
    scrollTo(0, 0);
  }, [place]);
  // One picture with numbers comes sooner than one without and another with them.
  const [isShown, setShown] = useState(false);
  useLayoutEffect(() => {
    allRead(PATIENCE).then(() => setShown(true));
  }, []);
  const Shown = page.component;
  return (
    <AddressContext.Provider value={address}>
      <div class="frame" hidden={!isShown}>
        <a class="skip" href={location.hash || "#/"} onClick={toContent}>
          Skip to content
        </a>
        <Navigation current={page.name} person={person} leave={leave} />
        <main id="content" tabIndex={-1}>
          <Shown key={place} />
        </main>
      </div>
    </AddressContext.Provider>
  );
}

function toContent(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

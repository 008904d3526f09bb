/** The frame of every page: sign-in, navigation, and the page that the address names. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { type Address, AddressContext, readAddress } from "./address";
import { Navigation } from "./navigation";
import { pageOf } from "./pages";
import { loadOthers } from "./pages/other";
import { allRead } from "./reading";
import { signOut } from "./session";
import { SettingsContext } from "./settings";
import { goToIssuer, leaveAnswer } from "./sign-in";
import type { Start } from "./start";
import { titleOf } from "./title";

/** Milliseconds for which the first page waits for its answers, rather than show that it waits. */
const PATIENCE = 300;

/** Milliseconds after which the browser has drawn it, and has time for what can wait. */
const DRAWN = 500;

/** What is shown once it is known who is signed in. */
export function App({ started }: { started: Start }) {
  const [stage, setStage] = useState<Start>(started);
  switch (stage.name) {
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
            person={stage.session.name}
            leave={() => {
              signOut(stage.settings);
              setStage({
                name: "signed-out",
                settings: stage.settings,
                why: "You are signed out.",
              });
            }}
          />
        </SettingsContext.Provider>
      );
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
  // Before a page's own effect, which may know more.
  useLayoutEffect(() => {
    document.title = titleOf(page.title);
  }, [page.title, place]);
  useEffect(() => {
    scrollTo(0, 0);
  }, [place]);
  const Shown = page.component;
  return (
    <AddressContext.Provider value={address}>
      <Frame>
        <Navigation current={page.name} person={person} leave={leave} />
        <main id="content" tabIndex={-1}>
          <Shown key={place} />
        </main>
      </Frame>
    </AddressContext.Provider>
  );
}

/** Shows its parts once, with their numbers: that comes sooner than a picture without them first. */
function Frame({ children }: { children: ComponentChildren }) {
  const [isShown, setShown] = useState(false);
  useLayoutEffect(() => {
    allRead(PATIENCE).then(() => setShown(true));
  }, []);
  useEffect(() => {
    if (!isShown) return;
    const timer = setTimeout(() => {
      leaveAnswer();
      loadOthers().catch(() => {}); // a page that is opened asks again
    }, DRAWN);
    return () => clearTimeout(timer);
  }, [isShown]);
  return (
    <div class="frame" hidden={!isShown}>
      {children}
    </div>
  );
}

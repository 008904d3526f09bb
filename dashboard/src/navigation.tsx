import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { link, useAddress } from "./address";
import { useKeptFocus } from "./focus";
import { PAGES } from "./pages";
import { may } from "./session";
import { useSettings } from "./settings";

interface NavigationProps {
  current: string;
  person: string;
  leave: () => void;
}

/** The pages that somebody signed in may see. */
export function Navigation({ current, person, leave }: NavigationProps) {
  const { currency, timeZone } = useSettings();
  const pages = useRef<HTMLElement>(null);
  useHeading();
  useKeptFocus();
  useLayoutEffect(() => {
    const here = pages.current?.querySelector<HTMLElement>("[aria-current]");
    if (!pages.current || !here) return;
    pages.current.scrollLeft = here.offsetLeft - (pages.current.clientWidth - here.clientWidth) / 2;
  }, [current]);
  return (
    <header class="side">
      <a class="skip" href={location.hash || "#/"} onClick={toContent}>
        Skip to content
      </a>
      <p class="brand">Succotash</p>
      <nav aria-label="Pages" ref={pages}>
        <ul>
          {PAGES.filter((page) => page.scopes.every(may)).map((page) => (
            <li key={page.name}>
              <a
                href={link(page.name ? [page.name] : [])}
                aria-current={page.name === current ? "page" : undefined}
              >
                {page.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="about">
        <p class="units">
          Amounts in {currency}, days in {timeZone}
        </p>
        {person && <p class="person">{person}</p>}
        <ThemeChoice />
        <button type="button" class="quiet" onClick={leave}>
          Sign out
        </button>
      </div>
    </header>
  );
}

function toContent(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** After the way to another page, the keyboard and what is read out go on at its heading. */
function useHeading(): void {
  const place = useAddress().path.join("/");
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    const heading = document.querySelector<HTMLElement>("main h1");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }, [place]);
}

const THEMES = ["auto", "light", "dark"] as const;

function ThemeChoice() {
  const [theme, setTheme] = useState(() => localStorage.getItem("theme") ?? "auto");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
  }, [theme]);
  return (
    <label class="theme">
      Theme{" "}
      <select value={theme} onChange={(event) => setTheme(event.currentTarget.value)}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

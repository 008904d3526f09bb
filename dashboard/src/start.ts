/**
 * The script within the page: it signs in and makes the first page's requests while the rest of
 * the code is still on its way.
 */

import { readAddress } from "./address";
import { todaysRequests } from "./pages/todays-requests";
import { readSettings, type Settings } from "./settings";
import { leaveAnswer, type Session, SignInError, signIn } from "./sign-in";

/** What came of signing in, and who takes over from here. */
export type Start =
  | { name: "signed-in"; settings: Settings; session: Session; begun: BegunRequests }
  | { name: "signed-out"; settings: Settings; why: string }
  | { name: "failed"; why: string };

/** Answers that are on their way, by their requests, such as `/leads?status=new`. */
export type BegunRequests = Map<string, Promise<Response>>;

declare global {
  /** Taken away by the code that goes on with it. */
  var start: Promise<Start> | undefined;
}

globalThis.start = begin();

async function begin(): Promise<Start> {
  const settings = readSettings();
  const signedIn = signIn(settings);
  // While the issuer's answer is awaited; the first format of numbers takes ten milliseconds.
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
  new Intl.NumberFormat();
  try {
    const session = await signedIn;
    return { name: "signed-in", settings, session, begun: askFor(session) };
  } catch (error) {
    leaveAnswer();
    if (error instanceof SignInError) {
      return { name: "signed-out", settings, why: `Not signed in: ${error.message}` };
    }
    return { name: "failed", why: "The issuer of tokens cannot be reached." };
  }
}

function askFor({ token, scopes }: Session): BegunRequests {
  const requests = todaysRequests(readAddress(location.hash), scopes);
  return new Map(requests.map((address) => [address, ask(address, token)]));
}

function ask(address: string, token: string): Promise<Response> {
  const answer = fetch(address, { headers: { Authorization: `Bearer ${token}` } });
  answer.catch(() => {}); // whoever waits for the answer says so
  return answer;
}

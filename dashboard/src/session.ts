/** Who is signed in. */

import { forgetDrafts } from "./drafts";
import type { Settings } from "./settings";
import { type Session, SignInError } from "./sign-in";

let current: Session | undefined;

export function session(): Session {
  if (!current) throw new SignInError("Nobody is signed in");
  return current;
}

/** Whether somebody signed in may do this. */
export const may = (scope: string) => current?.scopes.has(scope) ?? false;

export function beginSession(session: Session): void {
  current = session;
}

/** Forget the token; the issuer may remember the person, and is asked to forget them too. */
export function signOut(settings: Settings): void {
  current = undefined;
  forgetDrafts();
  const end = settings.signOutUrl;
  if (end) location.assign(end);
}

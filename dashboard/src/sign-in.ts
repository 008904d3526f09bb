/**
 * Sign-in by OpenID Connect: the authorization code flow with PKCE (RFC 7636).
 *
 * The token is held in memory alone, so a reload goes to the issuer once, as a whole page. What
 * outlives the redirect is the request's own secret, state and address, never a token.
 */

import type { Settings } from "./settings";

const PENDING = "succotash.sign-in";

interface Pending {
  state: string;
  verifier: string;
  nonce: string;
  address: string;
}

export interface Session {
  token: string;
  /** Without the deployment's prefix, such as `leads:read`. */
  scopes: ReadonlySet<string>;
  /** Whom the issuer named, where it did. */
  name: string;
  expired: () => void;
}

export class SignInError extends Error {}

/** Finish a sign-in that the issuer sent back, or go there; returns only when signed in. */
export async function signIn(settings: Settings): Promise<Session> {
  const answer = new URLSearchParams(location.search);
  if (answer.has("error")) {
    throw new SignInError(answer.get("error_description") ?? answer.get("error") ?? "");
  }
  const code = answer.get("code");
  if (!code) return await goToIssuer(settings);
  const pending = takePending();
  if (!pending || pending.state !== answer.get("state")) return await goToIssuer(settings);
  const session = redeem(settings, code, pending);
  // The first page's stays until it is shown: browsers draw what stands around it for each change.
  if (pending.address) leaveAnswer(pending.address);
  return await session;
}

/** Take the issuer's answer out of the address. */
export function leaveAnswer(hash = location.hash): void {
  if (location.search) history.replaceState(null, "", location.pathname + hash);
}

/** Leave for the issuer's own page; the promise never settles. */
export async function goToIssuer(settings: Settings): Promise<never> {
  if (!settings.signInUrl) throw new SignInError("This deployment names no place to sign in");
  const pending: Pending = {
    state: randomText(),
    verifier: randomText(),
    nonce: randomText(),
    address: location.hash,
  };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const asked = new URL(settings.signInUrl, location.origin);
  asked.search = new URLSearchParams({
    response_type: "code",
    client_id: settings.clientId,
    redirect_uri: redirectUri(),
    scope: settings.scopes.join(" "),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: "S256",
  }).toString();
  location.assign(asked);
  return await new Promise<never>(() => {});
}

async function redeem(settings: Settings, code: string, pending: Pending): Promise<Session> {
  const response = await fetch(settings.tokenUrl, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: settings.clientId,
      redirect_uri: redirectUri(),
      code,
      code_verifier: pending.verifier,
    }),
  });
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const token = answer.access_token;
  if (!response.ok || typeof token !== "string") {
    throw new SignInError(String(answer.error_description ?? answer.error ?? response.status));
  }
  const identity = typeof answer.id_token === "string" ? claimsOf(answer.id_token) : undefined;
  if (identity && identity.nonce !== pending.nonce) {
    throw new SignInError("The answer belongs to another sign-in");
  }
  let isLeaving = false;
  // Safari shows a page again as it was left, when somebody comes back to it.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) isLeaving = false;
  });
  return {
    token,
    scopes: scopesOf(token, settings.scopePrefix),
    name: String(identity?.email ?? identity?.name ?? claimsOf(token).username ?? ""),
    expired: () => {
      if (isLeaving) return; // several answers may say so, and the last one's state would count
      isLeaving = true;
      void goToIssuer(settings);
    },
  };
}

function takePending(): Pending | undefined {
  const text = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  return text ? (JSON.parse(text) as Pending) : undefined;
}

function scopesOf(token: string, prefix: string): ReadonlySet<string> {
  const scopes = String(claimsOf(token).scope ?? "").split(" ");
  return new Set(scopes.map((scope) => scope.slice(scope.startsWith(prefix) ? prefix.length : 0)));
}

/** What a token says; the API verifies it, this page only reads it. */
function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ""] = token.split(".");
  const bytes = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  const decoder = new TextDecoder();
  return JSON.parse(decoder.decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0))));
}

const redirectUri = () => `${location.origin}/`;

const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

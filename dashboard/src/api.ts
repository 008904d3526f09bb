/** Requests to the API, typed by `openapi.yaml`. */

import { asQuery, type Query } from "./address";
import type { components, paths } from "./api-types";
import { session } from "./session";
import type { BegunRequests } from "./start";

export type Schemas = components["schemas"];
type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Json<R> = R extends { content: { "application/json": infer Body } } ? Body : undefined;
type Success<R> = Json<R[keyof R & (200 | 201 | 202 | 204)]>;
type AnswerOf<O> = O extends { responses: infer R } ? Success<R> : never;
type BodyOf<O> = O extends { requestBody?: { content: { "application/json": infer B } } }
  ? B
  : undefined;

export type Answer<P extends keyof paths, M extends Method = "get"> = AnswerOf<Operation<P, M>>;
export type Body<P extends keyof paths, M extends Method> = BodyOf<Operation<P, M>>;

export interface Place {
  /** Values of the path's parameters by name. */
  path?: Record<string, string>;
  query?: Query;
  /** What a write may replace, as `replacing` says it. */
  condition?: Record<string, string>;
}

/** The condition that this state is still stored; without a tag, that nothing is. */
export function replacing(tag: string | undefined): Record<string, string> {
  return tag === undefined ? { "If-None-Match": "*" } : { "If-Match": tag };
}

/** An answer, with the tag of the state that it shows where the route tells one. */
export interface Tagged<T> {
  answer: T;
  tag: string | undefined;
}

/** What the API refused, in its own words; status 0 where it was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    title: string,
    readonly detail = "",
    readonly fields: Schemas["ViolationView"][] = [],
  ) {
    super(title);
  }
}

/** Whether a write was refused since what is stored is not what it may replace. */
export const isOutdated = (reason: unknown) => reason instanceof ApiError && reason.status === 412;

/** What is said where somebody else saved first, of something such as a form. */
export const changedMeanwhile = (what: string, advice: string) =>
  new ApiError(412, `The ${what} was changed since you opened it`, advice);

/** The address of a request, such as `/leads?status=new`. */
export function addressOf(path: keyof paths, { path: parameters = {}, query = {} }: Place): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? ""),
  );
  return filled + asQuery(query);
}

/** What the gateway says in a word of its own, or not at all, for people. */
const TITLES: Record<number, string> = {
  403: "Your sign-in does not allow this",
  429: "Too many requests at once: wait a moment",
  502: "The service is not available at the moment",
  503: "The service is not available at the moment",
  504: "The service took too long to answer",
};

/** Longer than the gateway waits for an answer. */
const PATIENCE = 40_000;

export async function get<P extends keyof paths>(path: P, place: Place = {}): Promise<Answer<P>> {
  return (await getTagged(path, place)).answer;
}

export async function getTagged<P extends keyof paths>(
  path: P,
  place: Place = {},
): Promise<Tagged<Answer<P>>> {
  const { answer, tag } = await request("GET", reachable(path, place));
  return { answer: answer as Answer<P>, tag };
}

export async function send<P extends keyof paths, M extends Exclude<Method, "get">>(
  method: M,
  path: P,
  place: Place,
  body?: Body<P, M>,
): Promise<Answer<P, M>> {
  const sent = await request(method.toUpperCase(), reachable(path, place), body, place.condition);
  return sent.answer as Answer<P, M>;
}

/** The address of a request; browsers take these two for steps between folders. */
function reachable(path: keyof paths, place: Place): string {
  const step = Object.values(place.path ?? {}).find((each) => each === "." || each === "..");
  if (step) throw new ApiError(0, `A browser cannot ask for the id “${step}”`);
  return addressOf(path, place);
}

let begun: BegunRequests = new Map();

/** Take over requests that were made before this code was here. */
export function goOnWith(requests: BegunRequests): void {
  begun = requests;
}

function takeBegun(address: string): Promise<Response> | undefined {
  const answer = begun.get(address);
  begun.delete(address);
  return answer;
}

async function request(
  method: string,
  address: string,
  body?: unknown,
  condition: Record<string, string> = {},
): Promise<Tagged<unknown>> {
  const headers: Record<string, string> = {
    Authorization: `Bearer ${session().token}`,
    ...condition,
  };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    const text = body === undefined ? null : JSON.stringify(body);
    const early = method === "GET" && takeBegun(address);
    const signal = AbortSignal.timeout(PATIENCE);
    response = await (early || fetch(address, { method, headers, body: text, signal }));
  } catch {
    throw new ApiError(0, "The service cannot be reached");
  }
  if (response.status === 401) session().expired();
  const text = await response.text().catch(() => "");
  const answer = parsed(text);
  if (response.ok && (answer !== undefined || text === ""))
    return { answer, tag: response.headers.get("ETag") ?? undefined };
  if (response.ok) throw new ApiError(0, "The answer cannot be read", "It is not of this service.");
  const problem = (answer ?? {}) as Partial<Schemas["Problem"]>;
  throw new ApiError(
    response.status,
    problem.title ?? TITLES[response.status] ?? `The service answered ${response.status}`,
    problem.detail,
    problem.errors,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

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

/** The address of a request, such as `/leads?status=new`. */
export function addressOf(path: keyof paths, { path: parameters = {}, query = {} }: Place): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? ""),
  );
  return filled + asQuery(query);
}

export async function get<P extends keyof paths>(path: P, place: Place = {}): Promise<Answer<P>> {
  return (await request("GET", addressOf(path, place))) as Answer<P>;
}

export async function send<P extends keyof paths, M extends Exclude<Method, "get">>(
  method: M,
  path: P,
  place: Place,
  body?: Body<P, M>,
): Promise<Answer<P, M>> {
  return (await request(method.toUpperCase(), addressOf(path, place), body)) as Answer<P, M>;
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

async function request(method: string, address: string, body?: unknown): Promise<unknown> {
  const headers: Record<string, string> = { Authorization: `Bearer ${session().token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    const text = body === undefined ? null : JSON.stringify(body);
    const early = method === "GET" && takeBegun(address);
    response = await (early || fetch(address, { method, headers, body: text }));
  } catch {
    throw new ApiError(0, "The service cannot be reached");
  }
  if (response.status === 401) session().expired();
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer;
  const problem = (answer ?? {}) as Partial<Schemas["Problem"]>;
  throw new ApiError(
    response.status,
    problem.title ?? `The service answered ${response.status}`,
    problem.detail,
    problem.errors,
  );
}

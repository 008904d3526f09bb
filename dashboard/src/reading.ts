/** Answers of the API as parts of a page: loading, ready, stale or failed. */

import { useCallback, useEffect, useLayoutEffect, useState } from "preact/hooks";
import { type Answer, ApiError, addressOf, getTagged, type Place, type Tagged } from "./api";
import type { paths } from "./api-types";

/** An answer older than this is asked for again when it is shown. */
const FRESH_FOR = 30_000;

export interface Reading<T> {
  data?: T;
  /** Of the state that `data` shows, where the route tells one. */
  tag?: string | undefined;
  error?: ApiError;
  /** When `data` was read. */
  readAt?: Date;
  /** The request, such as `/leads?status=new`. */
  address: string;
  reload: () => void;
}

interface Kept {
  data: unknown;
  tag: string | undefined;
  readAt: Date;
}

const kept = new Map<string, Kept>();
/** Requests under way, which nobody makes twice. */
const pending = new Map<string, Promise<Tagged<unknown>>>();

/** Resolves when everything that is asked for is here, or after so many milliseconds. */
export async function allRead(patience: number): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, patience));
  await Promise.race([Promise.allSettled(pending.values()), late]);
}

/** When the answer to this request was read. */
export const readAt = (address: string) => kept.get(address)?.readAt;

/** Forget answers, since a change was made. */
export function forgetAnswers(): void {
  kept.clear();
  pending.clear();
}

/**
 * Read a route; an answer that was read before is shown until the new one arrives.
 *
 * What `again` says of an answer is after how many milliseconds to ask again, while somebody looks.
 */
export function useReading<P extends keyof paths>(
  path: P,
  place: Place = {},
  again?: (data: Answer<P>) => number | undefined,
): Reading<Answer<P>> {
  const address = addressOf(path, place);
  const [turn, setTurn] = useState(0);
  const [failed, setFailed] = useState<{ address: string; error: ApiError }>();
  const [, setArrived] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);

  // Not after the next frame, as effects are: nothing is shown before the answer is here.
  useLayoutEffect(() => {
    const before = kept.get(address);
    if (turn === 0 && before && Date.now() - before.readAt.getTime() < FRESH_FOR) return;
    let isWanted = true;
    const request = (turn === 0 && pending.get(address)) || getTagged(path, place);
    pending.set(address, request);
    request
      .then(({ answer: data, tag }) => {
        kept.set(address, { data, tag, readAt: new Date() });
        if (!isWanted) return;
        setFailed(undefined);
        setArrived((count) => count + 1);
      })
      .catch((error: unknown) => {
        if (!isWanted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, String(error));
        setFailed({ address, error: known });
      })
      .finally(() => pending.get(address) === request && pending.delete(address));
    return () => {
      isWanted = false;
    };
  }, [address, turn]);

  const now = kept.get(address) as (Kept & { data: Answer<P> }) | undefined;
  const wait = now && again?.(now.data);
  useEffect(() => {
    if (!wait) return;
    const timer = setInterval(() => document.hidden || reload(), wait);
    return () => clearInterval(timer);
  }, [now, wait]);
  return {
    address,
    reload,
    ...now,
    ...(failed?.address === address ? { error: failed.error } : {}),
  };
}

/** A page whose code is asked for when it is first needed. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api";
import { Failed, Loading } from "../parts/states";

type Others = typeof import("./others");

let others: Others | undefined;

/** Load the code of every page but *Today*; the promise fails where it cannot be had. */
export async function loadOthers(): Promise<void> {
  others ??= await import("./others");
}

const known = new Map<keyof Others, ComponentType>();

/** The page of this name, which waits for its code; always the same component. */
export function other(name: keyof Others): ComponentType {
  const component = known.get(name) ?? (() => <Other name={name} />);
  known.set(name, component);
  return component;
}

function Other({ name }: { name: keyof Others }) {
  const [, setLoaded] = useState(others !== undefined);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    loadOthers().then(
      () => setLoaded(true),
      () => setFailed(true),
    );
  }, []);
  const Page = others?.[name];
  if (Page) return <Page />;
  if (!hasFailed) return <Loading />;
  const error = new ApiError(
    0,
    "This page could not be loaded",
    "The connection failed, or a new version of this page was deployed.",
  );
  return <Failed error={error} retry={() => location.reload()} />;
}

export function Missing() {
  return (
    <>
      <h1>Not found</h1>
      <p>
        No page has this address. <a href="#/">Go to the first page</a>
      </p>
    </>
  );
}

export function NotAllowed() {
  return (
    <>
      <h1>Not allowed</h1>
      <p>
        Your sign-in does not include what this page shows. <a href="#/">Go to the first page</a>
      </p>
    </>
  );
}

-- Who was erased, by a tombstone (an HMAC) that says nothing without its key.

CREATE TABLE erasures (
    tombstone text COLLATE "C" PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

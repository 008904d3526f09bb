-- What people said may be sent to them: a history that only grows.
CREATE TABLE consents (
    consent_id text COLLATE "C" PRIMARY KEY,
    canonical_email text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('granted', 'denied')),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    origin text NOT NULL CHECK (
        origin IN ('form', 'import', 'link', 'bounce', 'complaint', 'api')
    ),
    text_shown text,
    source_id text
);
CREATE INDEX consents_by_person ON consents (canonical_email, occurred_at, recorded_at);

-- What holds: the latest of what came by imports, and of all else. An import never gives the yes
-- after a no that came any other way.
CREATE TABLE current_consents (
    canonical_email text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    address_key text COLLATE "C",
    said text CHECK (said IN ('granted', 'denied')),
    said_at timestamptz,
    imported text CHECK (imported IN ('granted', 'denied')),
    imported_at timestamptz,
    state text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN said = 'denied' OR imported IS NULL OR said_at >= imported_at THEN said
            ELSE imported
        END
    ) STORED,
    occurred_at timestamptz NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN said = 'denied' OR imported IS NULL OR said_at >= imported_at THEN said_at
            ELSE imported_at
        END
    ) STORED,
    PRIMARY KEY (canonical_email, purpose)
);
CREATE INDEX current_consents_by_key ON current_consents (address_key);

-- Addresses that are not written to, by a keyed digest (an HMAC): nothing personal, so that it
-- outlives an erasure.
CREATE TABLE suppressions (
    address_key text COLLATE "C" NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    reason text NOT NULL CHECK (reason IN ('denied', 'bounce', 'complaint', 'erased')),
    since timestamptz NOT NULL,
    PRIMARY KEY (address_key, purpose)
);

-- HMAC-SHA-256 (RFC 2104) of a text, by the blocks that the key makes. STABLE, as convert_to is: so
-- a statement takes it in and calls no function of SQL.
CREATE FUNCTION keyed_digest(content text, inner_block bytea, outer_block bytea)
RETURNS text
LANGUAGE sql
STABLE STRICT PARALLEL SAFE
RETURN encode(sha256(outer_block || sha256(inner_block || convert_to(content, 'UTF8'))), 'hex');

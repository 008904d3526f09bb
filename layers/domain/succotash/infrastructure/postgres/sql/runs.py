"""Statements about scoring runs, and which run rows belong to."""

CURRENT_RUN = "(SELECT run_id FROM scoring_runs WHERE state = 'current')"

# Whoever writes rows of a run locks it, in the place of a foreign key: no row where there is none.
NAMED_RUN = """run AS (
    SELECT run_id FROM scoring_runs WHERE run_id = :run_id FOR KEY SHARE
)"""
# What names no run joins the current one.
JOINED_RUN = """run AS (
    SELECT run_id
    FROM scoring_runs
    WHERE CASE
        WHEN CAST(:run_id AS text) IS NULL THEN state = 'current'
        ELSE run_id = :run_id
    END
    FOR KEY SHARE
)"""

-- name: plan_for_many_keys
-- At the planner's default price of a random page, a few thousand looks into an index seem dearer
-- than reading all of a large table. A batch is to be sorted in memory, compiling its
-- statements takes longer than running them, and a small sample tells enough of a staged batch.
SELECT
    set_config('random_page_cost', '1.1', TRUE) AS random_page_cost,
    set_config('work_mem', '32MB', TRUE) AS work_mem,
    set_config('jit', 'off', TRUE) AS jit,
    set_config('default_statistics_target', '10', TRUE) AS default_statistics_target;

"""Every business rule, its source, and whether the running code obeys it on the demo data.

`python -m local.check_business_logic` prints them and returns 1 where one is broken. With `--write`
it writes the table of `docs/reference/business-rules.md`, with `--check` it compares that.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.rules import risk, sources, value
from local.rules.demo_run import DemoRun
from local.rules.rule import Rule, Verdict
from local.tables import replaced

DOCUMENT = Path("docs/reference/business-rules.md")
RULES: Sequence[Rule[DemoRun]] = sorted(
    [*risk.RULES, *value.RULES, *sources.RULES], key=lambda rule: rule.topic
)


def judged(run: DemoRun) -> list[tuple[Rule[DemoRun], Verdict]]:
    """Every rule with what the run shows."""
    return [(rule, rule.check(run)) for rule in RULES]


def as_markdown(found: Sequence[tuple[Rule[DemoRun], Verdict]]) -> str:
    """The table of the page."""
    rows = [("topic", "rule", "source", "obeyed", "seen on the demo"), ("---",) * 5]
    for rule, verdict in found:
        obeyed = "yes" if verdict.is_obeyed else "**no**"
        rows.append((rule.topic, rule.text, rule.source, obeyed, verdict.evidence))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def with_table(text: str, table: str) -> str:
    """The page with this table."""
    return replaced(text, {"rules": table})


def _show(found: Sequence[tuple[Rule[DemoRun], Verdict]]) -> None:
    table = Table("Topic", "Rule", "Source", "Obeyed", "Seen on the demo")
    for rule, verdict in found:
        source = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", rule.source).replace("`", "")
        obeyed = "yes" if verdict.is_obeyed else "NO"
        table.add_row(rule.topic, rule.text.replace("`", ""), source, obeyed, verdict.evidence)
    Console().print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the rules; 1 where one is broken, or, with --check, the page is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table of the page")
    parser.add_argument("--check", action="store_true", help="compare the table of the page")
    given = parser.parse_args(arguments)
    found = judged(DemoRun.make())
    known = DOCUMENT.read_text(encoding="utf-8")
    written = with_table(known, as_markdown(found))
    if given.write:
        DOCUMENT.write_text(written, encoding="utf-8")
    if not given.check:
        _show(found)
    broken = [rule.text for rule, verdict in found if not verdict.is_obeyed]
    for text in broken:
        print(f"broken: {text}", file=sys.stderr)
    is_stale = given.check and written != known
    if is_stale:
        print(
            f"{DOCUMENT} is not current; write it with: "
            "python -m local.check_business_logic --write",
            file=sys.stderr,
        )
    return 1 if broken or is_stale else 0


if __name__ == "__main__":
    sys.exit(main())

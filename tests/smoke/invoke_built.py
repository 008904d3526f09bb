"""What Lambda does with a built function, done by a bare interpreter.

`python -I -S invoke_built.py FUNCTION LAYER HANDLER` imports the handler from these folders, sends
it the event on standard input, if there is one, and prints what it took, imported and answered.
"""

import importlib
import json
import sys
import time
from types import SimpleNamespace

function, layer, entry = sys.argv[1:]
report, sys.stdout = sys.stdout, sys.stderr  # what the function logs is no part of the report
sys.path[:0] = [function, f"{layer}/python"]
known = set(sys.modules)

name, _, attribute = entry.rpartition(".")
started = time.perf_counter()
handler = getattr(importlib.import_module(name), attribute)
import_seconds = time.perf_counter() - started

given = sys.stdin.read()
context = SimpleNamespace(
    function_name=name,
    memory_limit_in_mb=1024,
    invoked_function_arn=f"arn:aws:lambda:eu-central-1:123456789012:function:{name}",
    aws_request_id="5c1d1a6e-5f7c-4f0c-9d0e-5a8e2f0b9f11",
    get_remaining_time_in_millis=lambda: 890_000,
)
answer = handler(json.loads(given), context) if given else None
imported = {
    name: getattr(module, "__file__", None)
    for name, module in sys.modules.items()
    if name not in known
}
json.dump({"import_seconds": import_seconds, "imported": imported, "answer": answer}, report)

"""The recipes of CONTRIBUTING.md, followed literally."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_javascript import node

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
RECIPES = TEXT[TEXT.index("## Recipes") : TEXT.index("## Tests")]

# What somebody who has written the code of a recipe does next.
USED = {
    "source": """
import time

import nbstream as ns

with LoadSource(interval=0.01) as source:
    while source.counters().accepted < 3 and source.is_running:
        time.sleep(0.001)
    assert source.buffer.channels == ("load",), source.buffer.channels
assert source.state is ns.SourceState.STOPPED, source.state
assert source.counters().accepted >= 3
""",
    "harness": """
results = check_source(ThermometerHarness, only=["batches", "killed and restarted", "half-open"])
assert results["batches"] == "held", results
assert results["half-open"].startswith("A call"), results
""",
    "connection": """
import time

with socket.create_server(("127.0.0.1", 0)) as server:
    with TcpSource("127.0.0.1", server.getsockname()[1]) as source:
        for n in (1, 2):
            peer, _ = server.accept()
            peer.sendall(b'{"x": 1, "y": "2"}\\n')
            while source.counters().accepted < n and source.is_running:
                time.sleep(0.001)
            peer.close()
        assert source.buffer.channels == ("x", "y"), source.buffer.channels
        assert source.counters().reconnects >= 1
""",
    "detector": """
from nbstream.detectors import create
from nbstream.testing import check_detector

check_detector(lambda: JumpDetector(limit=3.0))
found = create("jump", limit=3).update([0.0, 1.0, 2.0], [1.0, 2.0, 7.5])
assert found.is_anomaly.tolist() == [False, False, True]
assert found.reason(2) == "5.5 from the reading before, limit 3", found.reason(2)
""",
    "panel": """
import nbstream as ns

buffer = ns.Buffer()
buffer.extend([0.0, 1.0], x=[3.0, 2.0])
with ns.Analyzer(buffer) as analyzer:
    analyzer.update()
    panel = Peaks(analyzer)
    assert panel._state() == {"peaks": [["x", 3.0]]}, panel._state()
    panel.close()
""",
}
PANEL_ON_A_PAGE = """
installDom();
const model = new FakeModel();
const el = document.createElement("div");
const remove = renderPeaks({ model, el });
model.snapshot({ peaks: [["x", 3], ["y", null]], ended: null });
if (el.textContent !== "x: 3, y: –") throw new Error(el.textContent);
remove();
if (el.childNodes.length || model.handlers.length) throw new Error("something is left");
"""


@pytest.mark.parametrize("kind", USED)
def test_the_code_of_a_recipe_works(kind: str) -> None:
    """What the recipe shows runs as it stands, in an interpreter of its own, and keeps the contract."""
    blocks = re.findall(rf"```python {kind}\n(.*?)```", RECIPES, re.DOTALL)
    assert len(blocks) == 1
    code = blocks[0] + USED[kind]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr


def test_the_page_half_of_a_panel_works(tmp_path: Path) -> None:
    """What the recipe shows of it is rendered with what the kernel sends, and leaves nothing behind."""
    (code,) = re.findall(r"```js panel\n(.*?)```", RECIPES, re.DOTALL)
    static, fake = (ROOT / "nbstream" / "static").as_uri(), (ROOT / "tests/js/fakeDom.mjs").as_uri()
    code = code.replace('"../', f'"{static}/')
    script = tmp_path / "peaks.mjs"
    script.write_text(
        f'import {{ FakeModel, installDom }} from "{fake}";\n{code}{PANEL_ON_A_PAGE}', "utf-8"
    )
    done = subprocess.run(
        [node(), script], capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stderr


def test_recipes_are_short() -> None:
    """No recipe has more than ten steps."""
    for recipe in RECIPES.split("\n### ")[1:]:
        steps = [int(number) for number in re.findall(r"^(\d+)\. ", recipe, re.MULTILINE)]
        assert steps == list(range(1, len(steps) + 1))
        assert 3 <= len(steps) <= 10, recipe.partition("\n")[0]

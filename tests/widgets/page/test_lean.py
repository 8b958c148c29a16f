"""Scripts and styles without what is only for readers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nbstream.widgets.page import assets
from nbstream.widgets.page.lean import lean_script, lean_styles
from tests.test_javascript import node

SAME = """
const { readFileSync } = require("node:fs");
const { parse } = require("internal/deps/acorn/acorn/dist/acorn");
const options = { ecmaVersion: "latest", sourceType: "module" };
const tree = (file) => JSON.stringify(parse(readFileSync(file, "utf-8"), options), (key, value) =>
  key === "start" || key === "end" ? undefined : value);
const [kept, lean] = process.argv.slice(-2).map(tree);
console.log(kept === lean, kept.length > 100);
"""
"""Node's own copy of a JavaScript parser reads both."""


@pytest.mark.parametrize(
    ("kept", "lean"),
    [
        ("// a\n\n  const a = 1; // b\n\n/**\n * c\n */\nb();\n", "const a = 1;\nb();\n"),
        ('const url = "http://a"; // "b"\n', 'const url = "http://a";\n'),
        ("const t = `a // b ${c ? `// ${{ d: '`' }.d}` : \"}\"}`; // e\n", None),
        ("  const t = `\n  a // b\n   `; // c\n", "const t = `\n  a // b\n   `;\n"),
        ("const p = /[/*]\\/\\*`/g; // a\n", "const p = /[/*]\\/\\*`/g;\n"),
        ("f(/`/, /'/) || x => /\"/.test(x); // a\n", "f(/`/, /'/) || x => /\"/.test(x);\n"),
        ("return /'/; // a\n", "return /'/;\n"),
        ("const half = (a + b) / 2; // ' / c\n", "const half = (a + b) / 2;\n"),
        ("const q = a[0] / b / `${c / d}`;\n", "const q = a[0] / b / `${c / d}`;\n"),
        ("f(a, /* b */ c);\n", "f(a, c);\n"),
        ("return /* a\n b */ c;\n", "return\nc;\n"),
    ],
)
def test_notes_and_indentation_are_left_out(kept: str, lean: str | None) -> None:
    """What looks like a note in a text, a template or a pattern stays."""
    assert lean_script(kept) == (lean or kept.replace(" // e", ""))


@pytest.mark.parametrize("text", ["a(`b);\n", "/* a\n"])
def test_what_does_not_end_is_an_error(text: str) -> None:
    """A module that can't be read is told, with the place."""
    with pytest.raises(ValueError, match=r"does not end: .[`/]"):
        lean_script(text)


def test_pages_get_the_program_that_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The joined script is the same program as with its comments, and the longer one."""
    lean = tmp_path / "lean.mjs"
    lean.write_bytes(assets.script.__wrapped__("app").data)
    monkeypatch.setattr(assets, "lean_script", lambda text: text)
    kept = tmp_path / "kept.mjs"
    kept.write_bytes(assets.script.__wrapped__("app").data)
    done = subprocess.run(
        [node(), "--expose-internals", "-e", SAME, "--", str(kept), str(lean)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.stdout == "true true\n", done.stderr[-2000:]
    assert lean.stat().st_size < 0.85 * kept.stat().st_size


def test_styles_stay_what_they_say() -> None:
    """Spaces that part nothing are left out; those in texts, selectors and sums stay."""
    sheet = """
    /* a */
    .a > .b, .c .d:not(.e) {
      content: "; {  /* */";  /* b */
      width: calc(100% - 2px);
    }
    @media (width > 9px) { .f { top: 0 } }
    """
    assert lean_styles(sheet) == (
        '.a > .b,.c .d:not(.e){content: "; {  /* */";width: calc(100% - 2px);}'
        "@media (width > 9px){.f{top: 0}}"
    )

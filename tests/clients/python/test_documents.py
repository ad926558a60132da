"""The code of docs/clients.md does what the page says: each block of code is run, and prints the block of text after it."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import settings

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python|js)\n(.*?)^```\n\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
RUN = {
    "sh": ["sh", "-c"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "-e"],
}


def test_the_page_has_code_for_every_client():
    assert [language for language, _, _ in BLOCKS] == ["sh"] * 2 + ["python"] * 3 + ["js"] + ["python"] * 2


@pytest.mark.skipif(settings.DIRECT, reason="the page is about a gateway")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_code_prints_what_the_page_says(number):
    language, code, printed = BLOCKS[number]
    code = code.replace("http://127.0.0.1:8400", settings.GATEWAY)
    # Modules of JavaScript are found from the working directory on.
    directory = ROOT / "tests" / "clients" / "javascript"
    environment = os.environ | {"CARDEA_KEY": settings.KEY}
    run = subprocess.run(
        [*RUN[language], code], cwd=directory, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (run.stdout, run.returncode) == (printed, 0), run.stderr

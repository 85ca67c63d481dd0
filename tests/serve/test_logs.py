import os
import subprocess
import sys

LOGS = r"""
import logging
from ganzoo_serve import logs

logs.configure("text")
logger = logging.getLogger("ganzoo_serve")
logger.warning("Skipped %s", "größe\nINFO Listening")
for forger in ("\r", "\x85", "\u2028", "\x1b", "\ud800"):
    logger.warning("Skipped %s", f"größe{forger}INFO Listening")
try:
    raise RuntimeError("no")
except RuntimeError:
    logger.exception("Trouble")
"""


def test_a_file_name_forges_no_line_for_people():
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run([sys.executable, "-c", LOGS], env=environment, capture_output=True, check=True)
    broken, rest, *forged, trouble, traceback, _, last = run.stderr.decode().splitlines()
    assert broken.endswith("Skipped größe")
    assert rest == "    INFO Listening"
    assert [line.partition(" WARNING ")[2] for line in forged] == [
        rf"Skipped größe{escape}INFO Listening" for escape in (r"\r", r"\x85", r"\u2028", r"\x1b", r"\ud800")
    ]
    assert trouble.endswith("ERROR Trouble")
    assert traceback.startswith("Traceback")
    assert last == "RuntimeError: no"

"""Commands of an installation that only read, asked of one resident process instead of a new one each time.

A `casewright` that starts costs two seconds of a processor, most of it imports: a test that looks every
half second would keep a core busy with nothing else. `python -m tests.acceptance.asking` imports once, and
then runs the very same commands, one for each line of arguments, each in a context and a transaction of its
own.
"""

import json
import os
import select
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from flask.cli import ScriptInfo

from app import commands, create_app

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    output: str
    errors: str


class Asker:
    """The resident process of one installation. Close it, or it outlives the test."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.asking"],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ask(self, *words: str) -> Answer:
        """What `casewright WORDS` answers."""
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answered is not None
        with self._turn:
            asked.write(json.dumps(words) + "\n")
            asked.flush()
            if not select.select([answered], [], [], PATIENCE)[0]:
                raise AssertionError(f"casewright {' '.join(words)}: no answer within {PATIENCE:.0f} s")
            line = answered.readline()
        if not line:
            raise AssertionError(f"casewright {' '.join(words)}: the process that is asked has ended")
        return Answer(**json.loads(line))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def main() -> int:
    os.umask(0o077)
    group, runner, known = commands(), CliRunner(), ScriptInfo(create_app=create_app, set_debug_flag=False)
    answers = sys.stdout
    for line in sys.stdin:
        words: Sequence[str] = json.loads(line)
        done = runner.invoke(group, words, prog_name="casewright", obj=known)
        errors = done.stderr
        if done.exc_info and not isinstance(done.exception, SystemExit):
            errors += "".join(traceback.format_exception(*done.exc_info))
        answers.write(json.dumps({"code": done.exit_code, "output": done.stdout, "errors": errors}) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

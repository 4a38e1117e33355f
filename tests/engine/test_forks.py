"""An engine in a process that was forked: its threads are not there."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
BEFORE = f"""
import os, signal
import numpy as np, torch
from engine import Engine, SpeechOptions, VoxtralError
options = SpeechOptions(seed=5, max_chars=20, steps=2)
engine = Engine.from_folder({str(GOLDEN / "tiny")!r}, device="cpu")
torch.set_num_threads(2)
text = "Hello there. This is it. And now? The last!"
whole = engine.speak(text, options=options)
stream = engine.stream(text, options=options)
first = next(stream).samples
child = os.fork()
if not child:
    signal.alarm(60)  # never hang
"""
AFTER = """
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert np.array_equal(np.concatenate([first, *(p.samples for p in stream)]), whole)
"""
SPEAKS = "assert np.allclose(engine.speak(text, options=options), whole, atol=1e-4)"
ENCODES = "assert engine.decode(engine.encode(whole, 24000)).size >= whole.size"
REFUSES = """
try:
    list(stream)
except VoxtralError as error:
    assert "forked" in error.message
else:
    raise AssertionError
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
@pytest.mark.parametrize("then", [SPEAKS, ENCODES, REFUSES])
def test_a_forked_process_works_or_says_why_not(then: str) -> None:
    """One that goes on with what its parent began cannot; the parent itself can."""
    code = BEFORE + indent(then, "    ") + AFTER
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)

"""A small server that speaks zeros, slowly enough that the first byte can be told from the last."""

import io
import json
import threading
import time
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import server
from engine.errors import VoxtralError

SOUND = bytes(48_000)  # a second
WAIT = 0.2


class Handler(BaseHTTPRequestHandler):
    """Streams SOUND in two halves; the model's name says in which format, or what goes wrong."""

    asked: list[dict[str, object]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({**asked, "path": self.path})
        if asked["model"] == "refuses":
            self.send_error(404, "No such model")
            return
        self.send_response(200)
        if asked["model"] == "events":
            self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if asked["model"] == "silent":
            return
        if asked["model"] == "wav":
            with wave.open(head := io.BytesIO(), "wb") as file:
                file.setparams((1, 2, 48_000, 0, "NONE", ""))
            self.wfile.write(head.getvalue()[:44])
            time.sleep(WAIT)
        self.wfile.write(SOUND[:24_000])
        time.sleep(WAIT)
        self.wfile.write(SOUND[24_000:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


def body(model: str) -> str:
    return json.dumps({"model": model})


def test_raw_sound(url: str) -> None:
    answer = server.request(url, body("pcm"), 10)
    assert answer.sound == 1.0
    assert 0 < answer.first < answer.total - 0.9 * WAIT


def test_a_wav_header_is_no_sound(url: str) -> None:
    answer = server.request(url + "/", body("wav"), 10)
    assert answer.sound == 0.5
    assert answer.first > 0.9 * WAIT
    assert Handler.asked[0]["path"] == "/v1/audio/speech"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("refuses", "answers 404"),
        ("silent", "sent no sound"),
        ("events", "sends text/event-stream"),
    ],
)
def test_no_speech_is_an_error(url: str, model: str, message: str) -> None:
    with pytest.raises(VoxtralError, match=message):
        server.request(url, body(model), 10)


def test_no_server_is_an_error() -> None:
    with pytest.raises(VoxtralError, match="does not answer"):
        server.request("http://127.0.0.1:9", body("pcm"), 10)


def test_rounds_of_many(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--url", url, "--model", "a/pcm", "--voice", "anna", "--runs", "1"]
    server.main([*asked, "--concurrency", "1", "3", "--results", str(tmp_path)])
    record = json.loads(next(tmp_path.glob("server-pcm-server-*.json")).read_text())
    assert capsys.readouterr().out.endswith(json.dumps(record) + "\n")
    found = record["figures"]["by_concurrency"]
    assert set(found) == {"1", "3"}
    for figures in found.values():
        assert figures["rtf"]["p50"] == pytest.approx(figures["total_s"]["p50"], rel=0.01)
        assert figures["sound_s"] == {"p50": 1.0, "p95": 1.0}
    assert len(Handler.asked) == 2 * (1 + 3)
    assert Handler.asked[0] == {
        "path": "/v1/audio/speech",
        "model": "a/pcm",
        "voice": "anna",
        "input": server.common.TEXT,
        "response_format": "pcm",
        "stream": True,
        "stream_format": "audio",
    }

"""Another local speech server on the same text: first sound, all of it, one and many at a time.

    python -m benchmarks.server --url http://127.0.0.1:8000 --model mistralai/Voxtral-4B-TTS-2603 \\
        --voice neutral_female

For any server with OpenAI's /v1/audio/speech that streams, such as vLLM-Omni. Raw PCM is asked
for; a server that sends WAV is understood as well. `first` is from the request to the first byte
of sound (a WAV header is none), RTF is a request's time over its sound, and characters a second
are those of all requests that ran side by side. `benchmarks.first_audio` and
`benchmarks.throughput` measure voxtral on the same paragraph.
"""

import http.client
import json
import sys
import time
import urllib.parse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks import common
from engine.device import find_device
from engine.errors import VoxtralError

RATE, WIDTH = 24_000, 2
"""Of raw PCM, which says neither: samples a second, bytes a sample."""
HEADER_BYTES = 44
"""Of a WAV file, as servers that stream write it."""
PIECE = 1 << 16


@dataclass(frozen=True)
class Answer:
    """A request's sound, in seconds.

    Args:
        first: From the request to the first byte of sound.
        total: To the last.
        sound: How long it sounds.
    """

    first: float
    total: float
    sound: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    parser = common.parser("A local OpenAI-compatible speech server.", "runs")
    parser.add_argument("--url", required=True, help="such as http://127.0.0.1:8000")
    parser.add_argument("--model", required=True, help="as the server calls it")
    parser.add_argument("--voice", required=True)
    parser.add_argument("--text", default=common.TEXT, help="default: as all benchmarks")
    parser.add_argument("--concurrency", type=common.count, nargs="+", default=[1, 4, 16])
    parser.add_argument("--timeout", type=common.duration, default=300.0, help="seconds of silence")
    parser.add_argument("--device", default="server", help="in words, for the file's name")
    given = common.parse(parser, arguments)
    if given.device.startswith("cuda"):  # its name will be asked for
        find_device(given.device)
    asked = {"model": given.model, "voice": given.voice, "input": given.text}
    streamed = {"response_format": "pcm", "stream": True, "stream_format": "audio"}
    body = json.dumps(asked | streamed)
    found = {
        str(count): measure(given.url, body, count, given.runs, given.timeout, len(given.text))
        for count in given.concurrency
    }
    figures = {
        "runs": given.runs,
        "url": given.url,
        "voice": given.voice,
        "characters": len(given.text),
        "by_concurrency": found,
    }
    header = ["side by side", "first s p50", "p95", "total s p50", "RTF p50", "characters/s"]
    common.publish("server", given, figures, header, [_line(n, f) for n, f in found.items()])


def measure(
    url: str, body: str, count: int, runs: int, timeout: float, characters: int
) -> dict[str, Any]:
    """So many requests side by side, in rounds; a first round is thrown away."""
    answers: list[Answer] = []
    rounds = []
    with ThreadPoolExecutor(count) as pool:
        for number in range(1 + runs):
            begin = time.perf_counter()
            waiting = [pool.submit(request, url, body, timeout) for _ in range(count)]
            done = [future.result() for future in waiting]
            if number:
                rounds.append(time.perf_counter() - begin)
                answers += done
    print(f"{count} side by side: done", file=sys.stderr, flush=True)
    return {
        "first_audio_s": common.quantiles([answer.first for answer in answers]),
        "total_s": common.quantiles([answer.total for answer in answers]),
        "rtf": common.quantiles([answer.total / answer.sound for answer in answers]),
        "sound_s": common.quantiles([answer.sound for answer in answers]),
        "characters_s": count * characters / common.quantiles(rounds)["p50"],
    }


def request(url: str, body: str, timeout: float) -> Answer:
    """Ask for speech and read it as it comes.

    Raises:
        VoxtralError: If the server cannot be reached, refuses, or sends no sound.
    """
    parts = urllib.parse.urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=timeout)
    begin = time.perf_counter()
    try:
        path = parts.path.rstrip("/") + "/v1/audio/speech"
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != http.client.OK:
            said = response.read(500).decode(errors="replace")
            raise VoxtralError(f"The server answers {response.status}: {said}", "Look at its log.")
        kind_of = response.headers.get("Content-Type", "audio")
        if not kind_of.startswith(("audio", "application/octet-stream")):
            raise VoxtralError(f"The server sends {kind_of}, no sound.", "Does it stream PCM?")
        head, sound, first = b"", 0, 0.0
        while piece := response.read1(PIECE):
            head += piece[: max(0, HEADER_BYTES - len(head))]
            sound += len(piece)
            silent = HEADER_BYTES if b"RIFF".startswith(head[:4]) else 0
            if sound > silent and not first:
                first = time.perf_counter() - begin
        total = time.perf_counter() - begin
    except (OSError, http.client.HTTPException) as error:
        raise VoxtralError(f"{url} does not answer: {error}", "Is it running?") from None
    finally:
        connection.close()
    if not first:
        raise VoxtralError("The server has sent no sound.", "Does it know this voice?")
    return Answer(first, total, sound_seconds(head, sound))


def sound_seconds(head: bytes, size: int) -> float:
    """Of raw PCM, or of WAV, whose header says rate and width; its length there may be a lie."""
    if not head.startswith(b"RIFF"):
        return size / (RATE * WIDTH)
    bytes_a_second = int.from_bytes(head[28:32], "little")
    return (size - HEADER_BYTES) / bytes_a_second


def _line(count: str, found: dict[str, Any]) -> list[object]:
    first, total, rtf = found["first_audio_s"], found["total_s"], found["rtf"]
    return [count, first["p50"], first["p95"], total["p50"], rtf["p50"], found["characters_s"]]


if __name__ == "__main__":
    sys.exit(common.run(main))

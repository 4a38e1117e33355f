"""engine/hub.py: names to folders, and what happens without a network."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub import constants, errors

from engine import hub
from engine.errors import CheckpointError, DownloadError

TINY = Path(__file__).parents[1] / "golden" / "tiny"
ID = "someone/speech"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty hub cache."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


def put(cache: Path, name: str = ID, files: str = "params.json tekken.json x.pt w") -> Path:
    """Lays a pulled repository into the cache as the hub's client does."""
    repository = cache / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / "c0ffee"
    (snapshot / "voice_embedding").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c0ffee")
    for file in files.split():
        source = {"w": "consolidated.safetensors", "x.pt": "voice_embedding/x.pt"}.get(file, file)
        (snapshot / source).write_text("{}")
    return snapshot


def test_a_folder_is_itself(tmp_path: Path) -> None:
    assert hub.resolve(str(tmp_path)) == tmp_path


def test_the_embedded_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "EMBEDDED_FOLDER", tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="embedded checkpoint is not in"):
        hub.resolve("nano")
    monkeypatch.setattr(hub, "EMBEDDED_FOLDER", TINY)
    assert hub.resolve("nano") == TINY


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        ("nowhere", "no checkpoint 'nowhere'", "nano"),
        ("./no/where", "no checkpoint './no/where'", "folder"),
        ("", "no checkpoint ''", "nano"),
        (ID, f"{ID} is not on this machine", f"voxtral models pull {ID}"),
        (f"{ID}@v1", f"{ID}@v1 is not on this machine", f"voxtral models pull {ID}@v1"),
        ("some--one/speech", "is not on this machine", "voxtral models pull"),
        ("someone/speech.", "is not on this machine", "voxtral models pull"),
        (str(TINY / "params.json"), "is a file", str(TINY)),
    ],
)
def test_what_is_not_here(
    model: str, message: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=message) as caught:
        hub.resolve(model)
    assert hint in caught.value.hint


def test_a_pulled_one_is_found(cache: Path) -> None:
    snapshot = put(cache)
    assert hub.resolve(ID) == snapshot
    assert hub.resolve(f"{ID}@c0ffee") == snapshot
    assert hub.folder_name(snapshot) == ID
    assert hub.folder_name(TINY) == "tiny"
    assert hub.folder_name(Path("tuned/model")) == "tuned"
    put(cache, "someone/half", "params.json tekken.json")
    with pytest.raises(CheckpointError, match="is not on this machine"):
        hub.resolve("someone/half")


def test_known_models(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "EMBEDDED_FOLDER", TINY)
    nano, public = hub.known()
    assert (nano.name, nano.path) == ("nano", TINY)
    assert nano.size_bytes > 1_000_000
    assert (public.path, public.licence) == (None, "CC BY-NC 4.0")
    put(cache, "someone/half", "params.json")
    here = put(cache, hub.PUBLIC.name)
    other = put(cache)
    put(cache, "no--hub/id--at-all")
    assert [(model.name, model.path) for model in hub.known()[1:]] == [
        (hub.PUBLIC.name, here),
        (ID, other),
    ]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], list[dict[str, object]]]:
    """Puts a stand-in behind snapshot_download: a folder, or an exception to raise."""

    def serve(answer: object) -> list[dict[str, object]]:
        asked: list[dict[str, object]] = []

        def download(name: str, **options: object) -> str:
            asked.append({"name": name, **options})
            if isinstance(answer, BaseException):
                raise answer
            return str(answer)

        monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
        return asked

    return serve


def test_pull_checks_the_parameters_first(served: Callable[..., list[dict[str, object]]]) -> None:
    asked = served(TINY)
    assert hub.pull(f"{ID}@v1") == TINY
    assert hub.pull(ID, "v2") == TINY
    assert [call["revision"] for call in asked] == ["v1", "v1", "v2", "v2"]
    assert {call["name"] for call in asked} == {ID}
    assert asked[0]["allow_patterns"] == ["params.json"]
    assert asked[1]["allow_patterns"] == hub.FILES


def test_pull_of_something_else(
    served: Callable[..., list[dict[str, object]]], tmp_path: Path
) -> None:
    asked = served(tmp_path)
    with pytest.raises(DownloadError, match=r"no Voxtral speech checkpoint: .* no params\.json"):
        hub.pull(ID)
    (tmp_path / "params.json").write_text('{"dim": 4096}')
    with pytest.raises(DownloadError, match="no Voxtral speech checkpoint"):
        hub.pull(ID)
    assert len(asked) == 2
    (tmp_path / "params.json").write_text((TINY / "params.json").read_text())
    with pytest.raises(DownloadError, match="lacks consolidated"):
        hub.pull(ID)


def hub_error(kind: str, text: str = "long\nwords") -> Exception:
    response = SimpleNamespace(headers={}, request=None)
    return getattr(errors, kind)(text, response=response)


@pytest.mark.parametrize(
    ("kind", "message", "hint"),
    [
        ("GatedRepoError", "accept its terms", "hf auth login"),
        ("RepositoryNotFoundError", "no someone/speech on the hub", "Check the name"),
        ("RevisionNotFoundError", "no revision 'v9'", "https://huggingface.co"),
        ("HfHubHTTPError", "cannot be fetched: long", "network"),
    ],
)
def test_pull_refused_by_the_hub(
    served: Callable[..., list[dict[str, object]]], kind: str, message: str, hint: str
) -> None:
    served(hub_error(kind))
    with pytest.raises(DownloadError, match=message) as caught:
        hub.pull(ID, "v9")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "error", [RuntimeError("CAS Client Error: 403"), ValueError("no JSON"), "\u00e9".encode]
)
def test_pull_from_what_is_no_hub(
    served: Callable[..., list[dict[str, object]]], error: object
) -> None:
    if callable(error):
        try:
            error("ascii")
        except UnicodeEncodeError as raised:
            error = raised
    served(error)
    with pytest.raises(DownloadError, match="cannot be fetched: "):
        hub.pull(ID)


def test_two_revisions_are_refused(served: Callable[..., list[dict[str, object]]]) -> None:
    with pytest.raises(DownloadError, match="names a revision already"):
        hub.pull(f"{ID}@v1", "v2")
    assert not served(TINY)


def test_half_an_update_leaves_what_was_there(cache: Path) -> None:
    snapshot = put(cache)
    repository = snapshot.parent.parent
    (repository / "snapshots/new").mkdir()
    (repository / "snapshots/new/params.json").write_text("{}")
    (repository / "refs/main").write_text("new")
    assert hub.resolve(ID) == snapshot
    assert [model.path for model in hub.known()[2:]] == [snapshot]
    with pytest.raises(CheckpointError, match="is not on this machine"):
        hub.resolve(f"{ID}@new")


@pytest.mark.parametrize("revision", ["v1", "refs/pr/1"])
def test_what_was_pulled_at_a_revision_is_known_by_it(cache: Path, revision: str) -> None:
    snapshot = put(cache)
    refs = snapshot.parent.parent / "refs"
    (refs / revision).parent.mkdir(parents=True, exist_ok=True)
    snapshot.rename(snapshot.with_name("beef"))
    (refs / revision).write_text("beef")
    (other := snapshot.with_name("dead")).mkdir()
    (other / "params.json").write_text("{}")
    (refs / "main").write_text("dead")
    assert [model.name for model in hub.known()[2:]] == [f"{ID}@{revision}"]
    with pytest.raises(CheckpointError, match="is not on this machine"):
        hub.resolve(ID)
    assert hub.resolve(f"{ID}@{revision}") == snapshot.with_name("beef")


def test_a_signal_ends_a_pull_at_once(tmp_path: Path) -> None:
    """Files on their way are not waited for."""
    program = """
import concurrent.futures, sys, time
import huggingface_hub

def download(*_, **__):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(time.sleep, 60)
        print("begun", flush=True)
        waiting.result()

huggingface_hub.snapshot_download = download
from voxtral_cli.app import main
sys.argv = ["voxtral", "models", "pull", "someone/speech"]
main()
"""
    for number in (signal.SIGINT, signal.SIGTERM):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 128 + number
        assert "the same command goes on" in said


def test_pull_broken_off_without_a_word(
    served: Callable[..., list[dict[str, object]]],
) -> None:
    served(ConnectionError())
    with pytest.raises(DownloadError, match="cannot be fetched: ConnectionError"):
        hub.pull(ID)


def test_pull_onto_a_full_disk(served: Callable[..., list[dict[str, object]]]) -> None:
    served(OSError(28, "No space left on device"))
    with pytest.raises(DownloadError, match="cannot be stored: No space left") as caught:
        hub.pull(ID)
    assert "HF_HOME" in caught.value.hint


def test_pull_without_a_network(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match=f"{ID} cannot be fetched") as caught:
        hub.pull(ID)
    assert "network" in caught.value.hint
    with pytest.raises(DownloadError, match="is no hub id"):
        hub.pull("a/b/c")


def test_it_imports_no_torch() -> None:
    code = "import sys, engine.hub; print({'torch', 'huggingface_hub'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=TINY.parents[2], timeout=60
    )
    assert result.stdout == b"set()\n"

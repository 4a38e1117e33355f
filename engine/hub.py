"""A model's name -> a checkpoint folder: embedded, on disk, or fetched from the Hugging Face hub.

Nothing is downloaded but by `pull`. Imports no torch, and huggingface_hub only when it is needed.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from engine.config import parse_config, read_params
from engine.encoder import NAME, find_encoder, read_facts
from engine.errors import CheckpointError, DownloadError

EMBEDDED = "nano"
EMBEDDED_FOLDER = Path(__file__).parent / "checkpoints" / EMBEDDED
PARAMS, WEIGHTS, TOKENS = "params.json", "consolidated.safetensors", "tekken.json"
FILES = [PARAMS, WEIGHTS, TOKENS, "voice_embedding/*", NAME]
TUNED = "model"
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")  # owner/name or owner/name@revision


@dataclass(frozen=True)
class KnownModel:
    """A checkpoint that can be used by name.

    Args:
        name: What `resolve` takes.
        source: `embedded` or the hub's page.
        licence: Under which its weights are.
        path: Its folder; None while it is not on this machine.
        size_bytes: On disk, or to download.
        note: What it cannot do, or where its codec encoder comes from.
    """

    name: str
    source: str
    licence: str
    path: Path | None
    size_bytes: int
    note: str = ""


PUBLIC = KnownModel(
    "mistralai/Voxtral-4B-TTS-2603",
    "https://huggingface.co/mistralai/Voxtral-4B-TTS-2603",
    "CC BY-NC 4.0",
    None,
    8_004_706_784,
    "has no codec encoder: clones by --encoder or --optimise alone",
)


def resolve(model: str) -> Path:
    """The folder of a checkpoint.

    Args:
        model: `nano`, a folder, or a hub id that was pulled, as in `owner/name` or
            `owner/name@revision`.

    Raises:
        CheckpointError: If there is no such checkpoint on this machine.
    """
    if model == EMBEDDED:
        if not _is_whole(EMBEDDED_FOLDER):
            raise CheckpointError(
                f"The embedded checkpoint is not in {EMBEDDED_FOLDER}.", "Install voxtral again."
            )
        return EMBEDDED_FOLDER
    path = Path(model)
    with suppress(RuntimeError):  # a user who is not here
        path = path.expanduser()
    if model and path.is_dir():
        return path
    if path.is_file():
        raise CheckpointError(
            f"{model} is a file; a checkpoint is a folder.", f"Give its folder: {path.parent}"
        )
    if not HUB_ID.fullmatch(model) or model.startswith("."):
        raise CheckpointError(
            f"There is no checkpoint {model!r}.",
            f"Give {EMBEDDED}, a folder, or a hub id such as {PUBLIC.name}.",
        )
    folder = _cached(model)
    if folder is None:
        raise CheckpointError(
            f"{model} is not on this machine.", f"Fetch it: voxtral models pull {model}"
        )
    return folder


def pull(repo_id: str, revision: str | None = None) -> Path:
    """Downloads what is missing of a checkpoint into the hub's cache, and checks params.json first.

    Args:
        repo_id: `owner/name` or `owner/name@revision`.
        revision: Branch, tag or commit; None for the newest.

    Returns:
        Its folder.

    Raises:
        DownloadError: If it cannot be fetched, or is no checkpoint for this engine.
    """
    name, _, suffix = repo_id.partition("@")
    if revision and suffix:
        raise DownloadError(f"{repo_id} names a revision already.", "Leave --revision out.")
    revision = revision or suffix or None
    try:
        folder = _download(name, revision, [PARAMS])
        parse_config(read_params(folder / PARAMS))  # before gigabytes follow
        folder = _download(name, revision, FILES)
    except CheckpointError as error:
        raise DownloadError(
            f"{name} is no Voxtral speech checkpoint: {error.message}",
            f"{PUBLIC.name} is one.",
        ) from error
    if not _is_whole(folder):
        raise DownloadError(f"{name} lacks {WEIGHTS} or {TOKENS}.", f"{PUBLIC.name} has them.")
    return folder


def known() -> list[KnownModel]:
    """The embedded checkpoint, the public one, and what else was pulled."""
    models = [_embedded()]
    here = dict(_pulled())
    public = here.pop(PUBLIC.name, None)
    size = _size(public) if public else PUBLIC.size_bytes
    note = _encoder_note(public) or PUBLIC.note
    models.append(replace(PUBLIC, path=public, size_bytes=size, note=note))
    for name, folder in here.items():
        page = f"https://huggingface.co/{name.partition('@')[0]}"
        note = _encoder_note(folder)
        models.append(KnownModel(name, page, "see its page", folder, _size(folder), note))
    return models


def folder_name(folder: Path) -> str:
    """What to call a checkpoint folder: its name; in the hub's cache, the hub id.

    `tuned/model`, as fine-tuning writes it, is called `tuned`.
    """
    folder = folder.resolve()
    repository = folder.parent.parent.name
    if folder.parent.name == "snapshots" and repository.startswith("models--"):
        return _hub_id(repository)
    return folder.parent.name if folder.name == TUNED and folder.parent.name else folder.name


def cache_folder() -> Path:
    """Where the hub's downloads are kept."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def _embedded() -> KnownModel:
    folder = EMBEDDED_FOLDER if _is_whole(EMBEDDED_FOLDER) else None
    size = _size(folder) if folder else 0
    return KnownModel(EMBEDDED, "embedded", "Apache-2.0", folder, size)


def _encoder_note(folder: Path | None) -> str:
    """Where the encoder file of a folder comes from; empty where there is none."""
    path = find_encoder(folder) if folder is not None else None
    try:
        return f"codec encoder {read_facts(path).origin}" if path is not None else ""
    except CheckpointError as error:
        return error.message


def _cached(model: str) -> Path | None:
    """The folder of a pulled hub id, if all of it is here."""
    from huggingface_hub import errors, try_to_load_from_cache

    name, _, revision = model.partition("@")
    try:
        found = try_to_load_from_cache(name, PARAMS, cache_folder(), revision or None)
    except errors.HFValidationError:  # the hub allows fewer names than HUB_ID
        return None
    if isinstance(found, str) and _is_whole(Path(found).parent):
        return Path(found).parent
    refs = cache_folder() / f"models--{name.replace('/', '--')}" / "refs"
    if revision or not (refs / "main").is_file():
        return None
    # The newest may be half here: what came before it is as good as it was.
    others = {path.read_text() for path in refs.rglob("*") if path.is_file()}
    snapshots = [path for path in refs.parent.glob("snapshots/*") if path.name not in others]
    return max(filter(_is_whole, snapshots), key=lambda path: path.stat().st_mtime, default=None)


def _pulled() -> list[tuple[str, Path]]:
    """(name, folder) of every checkpoint of this kind in the hub's cache."""
    found: list[tuple[str, Path]] = []
    for repository in sorted(cache_folder().glob("models--*--*")):
        name = _hub_id(repository.name)
        refs = repository / "refs"
        files = sorted(path for path in refs.rglob("*") if path.is_file())
        revisions = (path.relative_to(refs).as_posix() for path in files)
        for model in (name, *(f"{name}@{revision}" for revision in revisions)):
            folder = _cached(model)
            if folder is None or folder in (other for _, other in found):
                continue
            if (folder / "voice_embedding").is_dir():
                found.append((model, folder))
    return found


def _hub_id(folder: str) -> str:
    """ "models--owner--name" -> "owner/name"."""
    return folder.removeprefix("models--").replace("--", "/", 1)


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (PARAMS, WEIGHTS, TOKENS))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _download(name: str, revision: str | None, files: list[str]) -> Path:
    """Fetches files of a hub repository; every failure becomes a DownloadError."""
    from huggingface_hub import errors, snapshot_download

    page = f"https://huggingface.co/{name}"
    try:
        return Path(
            snapshot_download(
                name, revision=revision, allow_patterns=files, cache_dir=cache_folder()
            )
        )
    except errors.HFValidationError:
        raise DownloadError(
            f"{name!r} is no hub id.", f"Give owner/name, such as {PUBLIC.name}."
        ) from None
    except errors.GatedRepoError:
        raise DownloadError(
            f"{name} is given only to those who accept its terms.",
            f"Accept them at {page}, then log in: hf auth login",
        ) from None
    except errors.RepositoryNotFoundError:
        raise DownloadError(
            f"There is no {name} on the hub.", "Check the name; for a private one: hf auth login"
        ) from None
    except errors.RevisionNotFoundError:
        raise DownloadError(f"{name} has no revision {revision!r}.", f"See {page}.") from None
    except (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError) as error:
        raise _unreachable(name, error) from error
    except (RuntimeError, ValueError) as error:  # of Xet, or of an answer that is not the hub's
        raise _unreachable(name, error) from error
    except OSError as error:
        raise DownloadError(
            f"{name} cannot be stored: {error.strerror or error}.",
            f"It goes to {cache_folder()}; HF_HOME puts it elsewhere.",
        ) from error


def _unreachable(name: str, error: Exception) -> DownloadError:
    return DownloadError(
        f"{name} cannot be fetched: {(str(error) or type(error).__name__).splitlines()[0]}",
        "Check the network, or copy the folder here and give --model FOLDER.",
    )

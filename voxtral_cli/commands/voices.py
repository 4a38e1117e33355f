"""`voxtral voices`: the preset voices of a checkpoint."""

from voxtral_cli import loading
from voxtral_cli.console import print_json, print_table
from voxtral_cli.options import Json, Model

LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
}


def voices(model: Model = "nano", as_json: Json = False) -> None:
    """List the voices of a model.

    \b
    voxtral voices
    voxtral say "Hello." --voice casual_male -o hello.wav
    """
    names = loading.read_voices(model)
    if as_json:
        print_json(
            [
                {"name": name, "language": language(name), "default": name == names[0]}
                for name in names
            ]
        )
        return
    rows = [[name, language(name), "default" if name == names[0] else ""] for name in names]
    print_table(["voice", "language", ""], rows)


def language(voice: str) -> str:
    """The language in which a preset was recorded: `fr_male` is French, `casual_male` English."""
    return LANGUAGES.get(voice.partition("_")[0], "English")

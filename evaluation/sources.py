"""Which Debian packages hold recordings of people, and which of their files are whose.

A speaker is in the list if all of the files are one person's, by the package's own word or names
and by Resemblyzer's ear, if there are 15 s of speech at least, and only once: the Spanish of
Asterisk is by the same Allison as the English. Packages unpack into one folder:

    apt-get download PACKAGE && dpkg -x PACKAGE_*.deb PACKAGES

Two games keep their sounds in archives, which unpack to where they lie:

    cd PACKAGES/usr/share/games && (cd warzone2100 && unzip base.wz 'audio/*')
    cd PACKAGES/usr/share/games && (cd trigger-rally && unzip data.zip 'sounds/*')
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """Recordings of one person.

    Args:
        speaker: What to call the person, also the name of a folder.
        language: What is spoken, two letters.
        package: The Debian package.
        licence: As its `copyright` has it for these files.
        pattern: Which files, below `usr/share`.
    """

    speaker: str
    language: str
    package: str
    licence: str
    pattern: str

    def files(self, packages: Path) -> list[Path]:
        """Those that are there, by name."""
        return sorted((packages / "usr" / "share").glob(self.pattern))


def _asterisk() -> Iterator[Source]:
    """Prompts of a telephone exchange, read by professionals: 16 kHz, and 8 kHz."""
    sounds = "asterisk/sounds"
    for speaker, language, folder, licence in (
        ("allison", "en", "en_US_f_Allison", "CC-BY-SA-3.0"),
        ("june", "fr", "fr_CA_f_June", "CC-BY-SA-3.0"),
        ("carlo", "it", "it_IT_m_Carlo", "CC-BY-3.0"),
        ("ivrvoice", "ru", "ru_RU_f_IvrvoiceRU", "CC-BY-3.0"),
    ):
        package = f"asterisk-core-sounds-{language}-g722"
        yield Source(speaker, language, package, licence, f"{sounds}/{folder}/*.g722")
    for speaker, language, package, licence, pattern in (
        ("armelle", "fr", "asterisk-prompt-fr-armelle", "BSD-like", "fr/*.gsm"),
        ("july", "es", "asterisk-prompt-es-co", "GPL-2", "es/*.gsm"),
        ("paola", "it", "asterisk-prompt-it-menardi-wav", "CC-BY-SA-3.0", "it_IT_f_Menardi/*.wav"),
    ):
        yield Source(speaker, language, package, licence, f"{sounds}/{pattern}")


def _fillets() -> Iterator[Source]:
    """The two fishes of Fish Fillets, the small one and the big one, acted: 22 kHz."""
    for language in ("cs", "nl"):
        for size, letter in (("small", "m"), ("big", "v")):
            pattern = f"games/fillets-ng/sound/*/{language}/*-{letter}-*.ogg"
            package = f"fillets-ng-data-{language}"
            yield Source(f"fish-{language}-{size}", language, package, "GPL-2", pattern)


def _games() -> Iterator[Source]:
    """Actors of Warzone 2100 at 11 kHz (nexus is a villain, with effects), and a co-driver."""
    for role, folder in (("tutor", "tutorial"), ("countdown", "countdown"), ("nexus", "nexus")):
        pattern = f"games/warzone2100/audio/{folder}/*.ogg"
        yield Source(f"warzone-{role}", "en", "warzone2100-data", "GPL-2+", pattern)
    pattern = "games/trigger-rally/sounds/codriver/ab/*.wav"
    yield Source("rally-ab", "en", "trigger-rally-data", "GPL-2+", pattern)


def _stamps() -> Iterator[Source]:
    """Names of things to paint with, by volunteers whom the changelog names: 44 kHz.

    Letters and numbers (`symbols`, hence no folder in s) were spoken by others. The French are by
    two people, nobody is named for the Catalan and the English, and the Spanish are clipped.
    """
    for speaker, language in (
        ("edwin", "ru"),
        ("joe", "da"),
        ("krasimir", "bg"),
        ("kseniya", "be"),
        ("kyriaki", "el"),
        ("tabbytha", "ro"),
    ):
        pattern = f"tuxpaint/stamps/[!s]*/**/*_desc_{language}.ogg"
        yield Source(speaker, language, "tuxpaint-stamps-default", "GPL-2", pattern)


SOURCES = (
    *_asterisk(),
    *_fillets(),
    *_games(),
    *_stamps(),
    # A radio amateur, at 8 kHz, and a reader of LibriVox, at 16 kHz.
    Source("bruce", "en", "codec2-examples", "LGPL-2.1", "codec2/wav/ve9qrp.wav"),
    Source(
        *("librivox", "en", "pocketsphinx-testdata", "BSD-2-Clause"),
        "pocketsphinx/test/data/librivox/*.wav",
    ),
)

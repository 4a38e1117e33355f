"""`voxtral clone --try`: a few words in the fresh voice, and how like its speaker they sound."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError
from engine.speech import SpeechOptions
from voxtral_cli import loading
from voxtral_cli.console import Console
from voxtral_cli.destination import Destination, choose_destination

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.reference import Reference
    from engine.speech import Voice

ENCODER_RATE = 16_000


@dataclass(frozen=True)
class Trial:
    """What will be said, and where it will be heard."""

    text: str
    destination: Destination

    def run(
        self, engine: "Engine", voice: "Voice", label: str, reference: "Reference", console: Console
    ) -> dict[str, Any]:
        """Speaks; returns what there is to say about it, for `--json`."""
        from engine.watermark import Marking
        from voxtral_cli.provenance import making, tags

        options, marking, pieces = SpeechOptions(), Marking(engine.sample_rate), []
        for piece in engine.stream(self.text, voice, options):
            pieces.append(marking.write(piece.samples))
            if piece.note:
                console.note(f"note: {piece.note}")
        samples = np.concatenate([*pieces, marking.finish()])
        facts = making(engine, label, options, mark=True)
        with self.destination.open(engine.sample_rate, tags(facts)) as write:
            write(samples)
        likeness = speaker_similarity(samples, engine.sample_rate, reference)
        told = "" if likeness is None else f", speaker similarity {likeness:.2f}"
        seconds = len(samples) / engine.sample_rate
        console.note(f"{self.destination.name}: {seconds:.1f} s of speech{told}")
        path = self.destination.path
        return {"sample": str(path) if path else None, "similarity": likeness}


def choose_trial(text: str | None, output: str | None, model: str) -> Trial | None:
    """None without a text. All that can fail without a model is checked.

    Raises:
        InputError: If there is nothing to speak, or nowhere to write.
        VoxtralError: If there is no player.
    """
    if text is None:
        if output is not None:
            raise InputError("-o is for what --try says.", "Give --try TEXT.")
        return None
    loading.plan(text, SpeechOptions(), model)
    return Trial(text, choose_destination(output, None, output is None))


def speaker_similarity(samples: "np.ndarray", rate: int, reference: "Reference") -> float | None:
    """Cosine of speaker embeddings; None without Resemblyzer (extra `eval`) or without speech."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of SciPy's, about its old names
            from resemblyzer import VoiceEncoder, preprocess_wav
    except ImportError:
        return None
    import soxr

    encoder = VoiceEncoder("cpu", verbose=False)
    pairs = ((samples, rate), (reference.samples, reference.rate))
    waves = [preprocess_wav(soxr.resample(wave, hz, ENCODER_RATE)) for wave, hz in pairs]
    if min(map(len, waves)) < 0.4 * ENCODER_RATE:
        return None
    said, heard = (encoder.embed_utterance(wave) for wave in waves)
    return round(float(said @ heard), 3)  # they are unit vectors

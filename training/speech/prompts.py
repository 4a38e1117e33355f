"""Who becomes a preset voice, what its prompt is, and how each phone is coded."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from training.codes import Spoken

IGNORED = -100
"""Label of what is unknown."""


def semantic_codes(spoken: Sequence[Spoken], most: int = 500) -> dict[int, np.ndarray]:
    """Semantic codes of each phone, as often as they occur in some utterances."""
    chosen = spoken[:: max(1, len(spoken) // most)]
    codes = np.concatenate([s.codes[:, 0] for s in chosen])
    phones = np.concatenate([s.phones for s in chosen])
    return {int(p): codes[phones == p] for p in np.unique(phones) if p != IGNORED}


def preset_speakers(spoken: Sequence[Spoken], wanted: Sequence[str], most: int = 20) -> list[str]:
    """Who becomes a preset voice: those wanted, or where the corpus has none its commonest."""
    counts = Counter(s.speaker for s in spoken)
    known = [name for name in wanted if name in counts]
    return known or [name for name, _ in counts.most_common(most)]


def fixed_prompts(
    spoken: Sequence[Spoken], speakers: Sequence[str], frames: tuple[int, int] = (26, 38)
) -> dict[str, np.ndarray]:
    """Each preset speaker's prompt: its first training utterance of a fitting length, whole.

    Speakers without one get the start of their longest.
    """
    prompts = {}
    for speaker in speakers:
        own = [s for s in spoken if s.speaker == speaker]
        if not own:
            continue
        fitting = [s for s in own if frames[0] <= s.frames <= frames[1]]
        chosen = fitting[0] if fitting else max(own, key=lambda s: s.frames)
        prompts[speaker] = np.array(chosen.codes[: frames[1]])
    return prompts

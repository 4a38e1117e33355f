"""Engine: the facade. A checkpoint folder in, speech and codec tokens out."""

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine import checkpoint, cloning
from engine.device import SHORTER, enough_memory
from engine.errors import VoiceError
from engine.estimate import estimate
from engine.generation.waveform import decode_whole, encode_whole
from engine.generation.workspace import Workspace
from engine.hub import folder_name
from engine.joins import edged
from engine.loading import Loaded, load
from engine.optimise import Optimised, fit_codes, judged
from engine.pipeline import Speaker, SpeechRequest, flow_options
from engine.prompt import prompt_of
from engine.rendering import Judge, Line, Rendering, Take, keep
from engine.samples import resampled
from engine.speech import FlowOptions, SpeechChunk, SpeechOptions, Voice
from engine.text import Lexicon, Passage, passages_of
from engine.voices import VoiceRows


class Engine:
    """One loaded checkpoint.

    Not thread-safe: one thread at a time. Several streams may be open and read in turn.

    Attributes:
        packed: Whether the weights are packed for the CPU (`engine.models.packed.pack`); one
            thread is enough then (`torch.set_num_threads(1)`); several wait for each other.
        quantized: How the backbone is quantised, or None.

    Example:
        >>> engine = Engine.from_folder("engine/checkpoints/nano")
        >>> for chunk in engine.stream("Hello. How are you?", engine.voices[0]):
        ...     play(chunk.samples)  # float32 at engine.sample_rate
    """

    def __init__(
        self,
        folder: Path,
        loaded: Loaded,
        quantized: str | None = None,
        graphs: bool | None = None,
    ) -> None:
        self._folder, self._model, self._tokenizer = folder, loaded.model, loaded.tokenizer
        self._config = self._model.model_config
        self._workspace = Workspace(self._model, graphs)
        self._rows = VoiceRows(folder, self._model, self.name)
        self.packed, self.quantized = loaded.packed, quantized

    @classmethod
    def from_folder(
        cls,
        path: str | Path,
        device: str = "auto",
        dtype: str | None = None,
        encoder: Path | None = None,
        quantize: str | None = None,
        graphs: bool | None = None,
    ) -> "Engine":
        """Load a checkpoint folder in Mistral's format.

        Args:
            path: Holds params.json, consolidated.safetensors, tekken.json, voice_embedding/.
            device: "auto" (CUDA when there is one, else CPU), "cpu", "cuda" or "mps"; "cuda:1"
                for a certain GPU.
            dtype: "float32" or "bfloat16"; None for bfloat16 on a GPU, else for float32 (a small
                model's weights are packed: faster, equal up to rounding).
            encoder: A file with a codec encoder (`engine.encoder`), for a checkpoint without.
            quantize: "int8" or "int4" holds the backbone in that (`engine.models.quantized`).
            graphs: CUDA graphs of a GPU: None captures each when it is needed, True all of them
                before a request speaks, False none.

        Raises:
            CheckpointError: If the folder is not a complete and consistent checkpoint.
            DeviceError: If the device is not here, too small, or has no kernels for `quantize`.
            InputError: If dtype or quantize is unknown.
        """
        loaded = load(Path(path), device, dtype, encoder, quantize)
        return cls(Path(path), loaded, quantize, graphs)

    @property
    def name(self) -> str:
        """Name of the checkpoint folder; of one from the hub, its id."""
        return folder_name(self._folder)

    @property
    def voices(self) -> tuple[str, ...]:
        """Preset voices, in the order of params.json."""
        return self._config.voices

    @property
    def sample_rate(self) -> int:
        """Samples a second (24000)."""
        return self._config.codec.sampling_rate

    @property
    def frame_rate(self) -> float:
        """Codec frames a second (12.5 in the official model)."""
        return self._config.codec.frame_rate

    def flow(self, options: SpeechOptions) -> FlowOptions:
        """Guidance, Euler steps and temperature of some options: theirs, or the checkpoint's."""
        return flow_options(options, self._config)

    @property
    def num_codebooks(self) -> int:
        """Codes a frame (37 in the official model): one semantic, the others acoustic."""
        return self._config.num_codebooks

    @property
    def can_clone(self) -> bool:
        """Whether the checkpoint has its codec encoder, without which audio has no codes."""
        return self._model.audio_tokenizer.can_encode

    @property
    def device(self) -> str:
        """Where the model is: "cpu", "cuda:0", ..."""
        return str(self._model.norm.weight.device)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that tell checkpoints apart."""
        return checkpoint.fingerprint(self._folder)

    def estimate(self, rows: int, steps: int) -> tuple[float, float]:
        """About how many seconds a second of sound takes, and each chunk before its first."""
        return estimate(self._model, rows, steps)

    def plan(self, text: str, options: SpeechOptions = SpeechOptions()) -> list[Passage]:
        """The chunks that will be spoken, as the model will read them, and their pauses."""
        max_chars = options.max_chars or self._config.max_chars
        words = Lexicon(options.lexicon)
        return passages_of(text, options.normalize, max_chars, options.language, words)

    def stream(
        self,
        text: str,
        voice: str | Voice | Tensor | None = None,
        options: SpeechOptions = SpeechOptions(),
    ) -> Generator[SpeechChunk, None, None]:
        """Speak, handing out pieces as they are made, in order.

        Text and voice are checked at once, before the first piece is asked for. Closing the
        iterator stops the work and frees its memory; only the thread that reads it may, between two
        pieces.

        Args:
            text: Any length.
            voice: One of `voices`, in any case, or one that `clone` made, or its `rows`; None for
                the first.
            options: Same options, text, voice and checkpoint: same samples (on one machine).

        Raises:
            InputError: If a mark asks for a pause that cannot be.
            NothingToSay: If there is nothing to speak.
            VoiceError: If there is no such voice, or it belongs to another checkpoint.
        """
        passages = self.plan(text, options)
        pieces = SpeechRequest(self._speaker({"": voice}, options), passages).stream()
        return edged(pieces, passages, self.sample_rate, options.speed)

    def render(
        self,
        chains: Sequence[Sequence[Line]],
        voices: Mapping[str, str | Voice | None],
        options: SpeechOptions = SpeechOptions(),
        judge: Judge = keep,
    ) -> Generator[Take, None, None]:
        """Codes of many lines, as they finish: for books, which are kept and decoded later.

        Args:
            chains: Lines that continue each other; chains are independent.
            voices: Whom the lines' voices mean.
            judge: Whether a take is kept, another one, or the line is to be spoken again.

        Raises:
            VoiceError: If there is no such voice, or it belongs to another checkpoint.
        """
        return Rendering(self._speaker(voices, options), chains, judge).takes()

    def _speaker(
        self, voices: Mapping[str, str | Voice | Tensor | None], options: SpeechOptions
    ) -> Speaker:
        rows = {n: v if isinstance(v, Tensor) else self.rows(v) for n, v in voices.items()}
        return Speaker(self._workspace, rows, partial(prompt_of, self._tokenizer), options)

    def speak(
        self,
        text: str,
        voice: str | Voice | None = None,
        options: SpeechOptions = SpeechOptions(),
    ) -> np.ndarray:
        """The whole stream joined: float32 [n]. Arguments and errors as in `stream`."""
        return np.concatenate([piece.samples for piece in self.stream(text, voice, options)])

    @enough_memory(SHORTER)
    @torch.inference_mode()
    def encode(
        self, samples: np.ndarray, rate: int, advance: Callable[[], None] = lambda: None
    ) -> np.ndarray:
        """Audio -> codec tokens.

        Args:
            samples: Floating point [n], mono, about -1 to 1.
            rate: Samples a second; any, they are resampled.
            advance: Called after each piece of HEARD frames.

        Returns:
            int16 [codebooks, frames], 0-based, semantic first.

        Raises:
            VoiceError: If the checkpoint has no codec encoder (`can_clone`).
            InputError: If the samples cannot be used.
        """
        if not self.can_clone:
            raise VoiceError(f"{self.name} has no codec encoder.", "Use one that has, as nano has.")
        wave = self._wave(samples, rate)
        return encode_whole(self._model.audio_tokenizer, wave, advance=advance)

    def clone(self, samples: np.ndarray, rate: int) -> Voice:
        """The voice of a reference clip (`engine.reference.prepare`); arguments as in `encode`.

        A last frame that is not whole is left out.
        """
        codes = self.encode(samples, rate)
        whole = int(len(samples) * self.sample_rate // (rate * self._config.codec.frame_samples))
        return Voice(codes[:, : max(1, whole)], *self._origin)

    @enough_memory(SHORTER)
    def optimise(
        self,
        samples: np.ndarray,
        rate: int,
        steps: int = 300,
        seed: int = 0,
        advance: Callable[[], None] = lambda: None,
    ) -> Optimised:
        """The voice of a clip, found by descent through the decoder: slow, but with no encoder.

        Args:
            samples, rate: As in `encode`; a last frame that is not whole is left out.
            steps: More come nearer. One takes about three times as long as decoding the clip.
            seed: Same seed, same voice (on one machine).
            advance: Called after each step.
        """
        wave = self._wave(samples, rate)
        codes = fit_codes(self._model.audio_tokenizer, wave, steps, seed, advance)
        voice = Voice(codes[0].cpu().numpy().astype(np.int16), *self._origin)
        made = torch.from_numpy(self.decode(voice.codes))
        return judged(voice, made, wave[0, : len(made)].cpu(), self.sample_rate)

    @enough_memory(SHORTER)
    @torch.inference_mode()
    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Codec tokens, integers [codebooks, frames] as `encode` returns them -> audio.

        Returns:
            float32 [frames * sample_rate / frame_rate], not clipped.

        Raises:
            InputError: If the codes are not of this checkpoint's shape and range.
        """
        array = cloning.checked_codes(codes, self._config.codec)
        return decode_whole(self._model.audio_tokenizer, array)

    def hear(self, voice: Voice) -> np.ndarray:
        """The reference of a voice as its codes have it: float32 [n]."""
        cloning.check_quantizer(voice, *self._origin)
        return self.decode(voice.codes)

    def _wave(self, samples: np.ndarray, rate: int) -> Tensor:
        """At the model's rate: float32 [1, n], where the model is."""
        wave = torch.from_numpy(resampled(samples, rate, self.sample_rate))
        return wave.to(self._model.norm.weight.device).unsqueeze(0)

    @cached_property
    def _origin(self) -> tuple[str, str, str]:
        """Of the voices made here: fingerprint, quantizer and model."""
        quantizer = cloning.quantizer_fingerprint(self._model.audio_tokenizer.quantizer)
        return self.fingerprint, quantizer, self.name

    def rows(self, voice: str | Voice | None = None) -> Tensor:
        """What a prompt in this voice begins with: [rows, dim]. Errors as in `stream`."""
        if isinstance(voice, Voice):
            return self._rows.cloned(voice, self._origin)
        return self._rows.preset(voice)

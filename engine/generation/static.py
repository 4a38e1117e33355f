"""The frame of a GPU: every tensor stays where it is, no shape depends on data, nothing waits.

    host     noise, who speaks, who may not end   -> pinned -> (copied while the GPU works)
    device   flow head -> codes -> embedding -> backbone -> hidden, lengths += who speaks
    host     codes                                <- pinned <- (read one frame late)

A prompt is read likewise (`read`): its inputs, row and place lie where a graph finds them, filled
up to the next size that graphs have. What fills it goes to positions that nobody hears before they
are written again.

Frame t + 1 is started before the codes of frame t are looked at, so the GPU never waits for the
host. A row whose END is in frame t has then spoken one frame too many, which the loop drops.

Rows that do not speak are computed beside the others up to the next size for which there is a
graph (`engine.generation.graphs`). They write to their own next position and stay as they are.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.generation.frame import READ_AT_ONCE, Codes, FrameStep
from engine.generation.graphs import CAPTURES, GraphRunner, bucket, buckets
from engine.models.backbone import placed
from engine.models.voxtral import VoxtralModel

SHORTEST_SPAN = 256
"""Positions that are looked at, at least, and then in powers of two; rows hold multiples of it, so
that a step fits most later requests too."""

SHORTEST_PROMPT = 32
"""Positions of a prompt that are read, at least, and then in powers of two up to READ_AT_ONCE."""

PROMPTS = 8
"""Read before the next frame."""


@dataclass
class HostSlot:
    """Memory of the host that copies run from and to while it does other things.

    Args:
        noise: [rows, acoustic_dim].
        flags: Who speaks, and who may not end: booleans [2, rows].
        codes: [rows, codebooks].
        copied: Set by the device when `codes` is there; None where copies are never late.
    """

    noise: Tensor
    flags: Tensor
    codes: Tensor
    copied: "torch.cuda.Event | None"

    @classmethod
    def like(cls, *tensors: Tensor) -> "HostSlot":
        """For tensors on the device."""
        late = tensors[0].is_cuda
        noise, flags, codes = (
            torch.zeros(t.shape, dtype=t.dtype, pin_memory=late) for t in tensors
        )
        return cls(noise, flags, codes, torch.cuda.Event() if late else None)


class StaticStep(FrameStep):
    """A `FrameStep` whose work is queued on the device.

    Args:
        graphs: Whether to capture it in CUDA graphs.
        lag: See `FrameStep`; None for 1 on a GPU and 0 elsewhere.
    """

    prompts = PROMPTS

    def __init__(
        self,
        model: VoxtralModel,
        rows: int,
        positions: int,
        steps: int,
        cfg: float,
        graphs: bool = True,
        lag: int | None = None,
    ) -> None:
        super().__init__(model, bucket(rows, 1), bucket(positions, SHORTEST_SPAN), steps, cfg)
        rows = self.rows
        self.cache.keys.zero_()
        self.cache.values.zero_()
        device, buffers = model.norm.weight.device, self.buffers
        on_gpu = device.type == "cuda"
        self.lag = int(on_gpu) if lag is None else lag
        self.lengths = torch.zeros(rows, dtype=torch.long, device=device)
        self.flags = torch.zeros(2, rows, dtype=torch.bool, device=device)
        buffers.forbid_end = self.flags[1]
        codebooks = model.model_config.num_codebooks
        self.codes = torch.zeros(rows, codebooks, dtype=torch.long, device=device)
        self.slots = [
            HostSlot.like(buffers.noise, self.flags, self.codes) for _ in range(self.lag + 1)
        ]
        self.launched = 0
        self.inputs = self.cache.keys.new_zeros(READ_AT_ONCE, model.config.dim)
        self.asked = torch.tensor([0, 0, 1], device=device)  # row, its length, number of inputs
        self.answer = torch.zeros_like(buffers.hidden[:1])
        self.graphs = self.prompt_graphs = None
        if graphs and on_gpu:
            self.graphs = GraphRunner(self._frame, (buffers.hidden, self.lengths), device)
            self.prompt_graphs = GraphRunner(self._prompt, (), device)
        self.run = self.graphs or self._frame
        self.run_prompt = self.prompt_graphs or self._prompt

    def fits(self, rows: int, positions: int, steps: int) -> bool:
        """Whether it can do what such a step would."""
        return self.rows >= rows and self.cache.positions >= positions and self.steps == steps

    def release(self) -> None:
        """Let go of cache and graphs at once; they and the step know each other."""
        with CAPTURES:
            self.graphs = self.prompt_graphs = None
            del self.run, self.run_prompt

    def warm_up(self) -> None:
        """Capture the graphs of all sizes, the largest first; otherwise each when it is needed."""
        spans = buckets(SHORTEST_SPAN, self.cache.positions)[::-1]
        if self.graphs is not None:
            for rows, span in itertools.product(buckets(1, self.rows)[::-1], spans):
                self.graphs.capture(rows, span)
        if self.prompt_graphs is not None:
            lengths = buckets(SHORTEST_PROMPT, READ_AT_ONCE)[::-1]
            for length, span in itertools.product(lengths, spans):
                if length <= span:
                    self.prompt_graphs.capture(length, span)

    def read(self, row: int, inputs: Tensor) -> Tensor:
        for piece in inputs.split(READ_AT_ONCE):
            start, length = self.cache.lengths[row], bucket(len(piece), SHORTEST_PROMPT)
            end = start + len(piece)
            assert end < self._room, "row is full"
            self.inputs[: len(piece)] = piece
            self.asked.copy_(placed([row, start, len(piece)], self.asked.device))
            self.run_prompt(length, bucket(end, SHORTEST_SPAN))
            self.cache.lengths[row] = end
        return self.answer[0].clone()

    def place(self, row: int) -> None:
        self.lengths[row].fill_(self.cache.lengths[row])  # assigned, it would wait for the device

    def feed(self, row: int, noise: Tensor, forbid_end: bool) -> None:
        slot = self._slot
        slot.noise[row] = noise
        slot.flags[1, row] = forbid_end

    def launch(self, rows: list[int]) -> Codes:
        slot = self._slot
        self.launched += 1
        slot.flags[0] = False
        slot.flags[0, rows] = True
        self.buffers.noise.copy_(slot.noise, non_blocking=True)
        self.flags.copy_(slot.flags, non_blocking=True)
        longest = 1 + max(self.cache.lengths[row] for row in rows)
        assert longest <= self.cache.positions, "row is full"
        self.run(bucket(rows[-1] + 1, 1), bucket(longest, SHORTEST_SPAN))
        self.cache.advance(rows, 1)
        slot.codes.copy_(self.codes, non_blocking=True)
        if slot.copied is not None:
            slot.copied.record(torch.cuda.current_stream(self.codes.device))

        def codes() -> list[np.ndarray]:
            if slot.copied is not None:
                slot.copied.synchronize()
            return list(slot.codes.numpy()[rows])

        return codes

    def _frame(self, rows: int, positions: int) -> None:
        """The frame of the first rows. Captured in a graph: no shape may depend on data."""
        model, buffers = self.model, self.buffers
        codes = model.acoustic_transformer(
            buffers.hidden[:rows],
            buffers.noise[:rows],
            buffers.cfg[:rows],
            self.steps,
            forbid_end=buffers.forbid_end[:rows],
            times=self.times,
        )
        lengths = self.lengths[:rows]
        inputs = model.mm_audio_embeddings.audio_codebook_embeddings(codes).unsqueeze(1)
        hidden = model.step(inputs, self.cache.span(lengths, positions), lengths.unsqueeze(-1))
        speaks = self.flags[0, :rows]
        kept = torch.where(speaks.unsqueeze(-1), hidden.squeeze(1), buffers.hidden[:rows])
        buffers.hidden[:rows] = kept
        self.codes[:rows] = codes
        lengths += speaks

    def _prompt(self, length: int, positions: int) -> None:
        """So many of `inputs`, of which some may only fill up. Captured in a graph, as `_frame`."""
        row, start, count = self.asked.split(1)
        places = start + torch.arange(length, device=start.device)
        places = places.clamp(max=self._room - 1)
        layers = self.cache.part(row, places, positions)
        hidden = self.model.step(self.inputs[None, :length], layers, places.unsqueeze(0))
        self.answer.copy_(hidden[0].index_select(0, count - 1))

    @property
    def _room(self) -> int:
        return min(self.cache.positions, self.model.most_positions)

    @property
    def _slot(self) -> HostSlot:
        """Of the next frame. Codes of the frame that used it before were read already."""
        return self.slots[self.launched % len(self.slots)]

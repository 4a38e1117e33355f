"""The four parts of a checkpoint together, under the checkpoint's names."""

from engine.config import ModelConfig
from engine.models.backbone import Backbone
from engine.models.codec.codec import Codec
from engine.models.embedding import MultimodalEmbeddings
from engine.models.flow import FlowHead


class VoxtralModel(Backbone):
    """Backbone at the top level (`layers`, `norm`), the other parts below their prefixes.

    Args:
        with_encoder: Whether the codec has its encoder.
    """

    def __init__(self, config: ModelConfig, with_encoder: bool = True) -> None:
        super().__init__(config)
        self.model_config = config
        self.mm_audio_embeddings = MultimodalEmbeddings(config)
        self.acoustic_transformer = FlowHead(config)
        self.audio_tokenizer: Codec = Codec(config.codec, with_encoder)

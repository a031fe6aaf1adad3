"""Networks of the architectures that GPUs run, so small that they are made in a moment; what they say means nothing."""

import json
from collections.abc import Mapping
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from transformers import RTDetrConfig, RTDetrForObjectDetection, RTDetrImageProcessor, RTDetrResNetConfig

from models.weights import Weights

TINY = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 96, "layers": 2, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}


def random_clip(directory: Path) -> Weights:
    """A CLIP in the layout of a downloaded one."""
    config = {"model_cfg": TINY, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (directory / "open_clip_config.json").write_text(json.dumps(config))
    torch.manual_seed(7)
    model = open_clip.create_model(f"local-dir:{directory}", load_weights=False)
    save_file(model.state_dict(), directory / "open_clip_model.safetensors")
    return Weights("tiny-clip", "random", "MIT", "0" * 64, directory)


def random_rt_detr(directory: Path, names: Mapping[int, str]) -> Weights:
    """An RT-DETR that knows classes of these names, with its processor."""
    backbone = RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = RTDetrConfig(
        backbone_config=backbone, encoder_in_channels=[8, 16, 16], encoder_hidden_dim=16, encoder_ffn_dim=16,
        encoder_attention_heads=2, d_model=16, num_queries=20, decoder_in_channels=[16, 16, 16], decoder_ffn_dim=16,
        decoder_layers=1, decoder_attention_heads=2, num_denoising=0, id2label=dict(names),
    )  # fmt: skip
    torch.manual_seed(0)
    RTDetrForObjectDetection(config).save_pretrained(directory)
    RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(directory)
    return Weights("rt_detr", "0", "Apache-2.0", "abc", directory)

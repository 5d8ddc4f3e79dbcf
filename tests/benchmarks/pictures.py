"""What a picture costs: time from the picture to the overlay, and bytes of all heads of a large model."""

import statistics
import tempfile
import time

import numpy as np
import torch
from transformers import AutoModel, ViTConfig, ViTModel

from core.models import image_attention, loading
from core.picture_files import Entry, OpenedPicture
from tests.pages.screen import open_page, sent

ROUNDS = 7


def base() -> ViTModel:
    """A ViT of the usual size, 12 layers of 12 heads over 196 patches, with random weights: they cost what real ones do."""
    torch.manual_seed(0)
    return ViTModel(ViTConfig(), add_pooling_layer=False).eval()


def measure() -> tuple[float, float, int, int]:
    """Medians in ms of the library's forward and of the whole page, the bytes of all heads and of the whole payload."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        base().save_pretrained(folder)
        eager = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        loaded = loading.load(folder)
        side = image_attention.preprocessing_of(loaded).side
        app = open_page("image_lab", img_model="another model …", img_name=folder, img_picture="your own")
        library, page = [], []
        for turn in range(ROUNDS + 1):
            pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
            images = image_attention.as_input(pixels, image_attention.preprocessing_of(loaded))
            began = time.perf_counter()
            with torch.inference_mode():
                eager(pixel_values=images, output_attentions=True)
            library.append(time.perf_counter() - began)
            app.session_state["own_pictures"] = [Entry(f"{turn}", OpenedPicture(pixels))]
            began = time.perf_counter()
            app.run()
            page.append(time.perf_counter() - began)
    _, tensors = sent(app, "patch_explorer")
    whole = next(
        len(found.proto.bytes)
        for found in app.get("bidi_component")
        if found.proto.component_name == "attention_lab_patch_explorer"
    )
    return 1000 * statistics.median(library[1:]), 1000 * statistics.median(page[1:]), tensors["every"].size, whole

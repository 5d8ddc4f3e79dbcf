"""Photographs to start from: those that come inside the scikit-image package."""

from typing import Final

import numpy as np
from jaxtyping import UInt8

# what it is called here, and in the package
SAMPLES: Final = {
    "a cat": "chelsea",
    "a rocket": "rocket",
    "an astronaut": "astronaut",
    "a cup of coffee": "coffee",
    "a motorcycle": "stereo_motorcycle",
}


def sample(name: str) -> UInt8[np.ndarray, "height width 3"]:
    """One of SAMPLES. Nothing is fetched: the files are in the package."""
    from skimage import data  # a second to import, and only this needs it

    found = getattr(data, SAMPLES[name])()
    return (found[0] if isinstance(found, tuple) else found)[..., :3]

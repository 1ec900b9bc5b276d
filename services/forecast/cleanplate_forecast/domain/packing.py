"""Trained models as bytes, opened again only by the very code and library that made them.

Unpickling runs what the bytes say. They come from the service's own database, must have the digest
that was noted when they were packed, and may name nothing but the classes a model is made of.
"""

import hashlib
import io
import pickle
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from cleanplate_forecast.domain.model import Model

_LIBRARIES = ("scikit-learn", "numpy", "scipy")
_CLASSES = (
    "cleanplate_forecast.domain.",
    "sklearn._loss.",
    "sklearn.ensemble.",
    "sklearn.linear_model.",
    "sklearn.tree.",
)
_ARRAYS = {
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy.random._pcg64": {"PCG64"},
    "numpy.random._pickle": {"__bit_generator_ctor", "__generator_ctor"},
    "numpy.random.bit_generator": {"SeedSequence", "__pyx_unpickle_SeedSequence"},
}
_LEVEL = 3


class NotOurs(ValueError):  # noqa: N818
    """The bytes are not those that were packed, or hold what a model does not."""


@dataclass(frozen=True)
class Packed:
    """A model as bytes.

    Attributes:
        blob: compressed.
        digest: SHA-256 of `blob`, in hexadecimal.
    """

    blob: bytes
    digest: str


def pack(model: Model) -> Packed:
    """Return a model as bytes."""
    blob = zlib.compress(pickle.dumps(model, protocol=5), _LEVEL)
    return Packed(blob, hashlib.sha256(blob).hexdigest())


def unpack(packed: Packed) -> Model:
    """Return the model.

    Raises:
        NotOurs: the digest is another, or something else than a model would be made.
    """
    if hashlib.sha256(packed.blob).hexdigest() != packed.digest:
        raise NotOurs("the digest is another")
    model = _Opener(io.BytesIO(zlib.decompress(packed.blob))).load()
    if not isinstance(model, Model):
        raise NotOurs("this is no model")
    return model


@cache
def made_by() -> str:
    """Return a mark of the code and libraries that a model depends on.

    A model with another mark is not loaded: its features may mean something else by now.
    """
    digest = hashlib.sha256()
    for file in sorted(files("cleanplate_forecast.domain").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    versions = " ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"{digest.hexdigest()[:16]} {versions}"


class _Opener(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        """Return a class that a model is made of; anything else is refused."""
        is_known = module.startswith(_CLASSES) or name in _ARRAYS.get(module, ())
        if not is_known or "." in name:
            raise NotOurs(f"a model has no {module}.{name}")
        return super().find_class(module, name)

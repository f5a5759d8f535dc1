"""What tests of adapters share: nothing but the order of imports."""

# The adapters import these two in a fraction of the usual time: before any test does. skops looks
# through every module that is there, so it comes first.
from level2.model import skops  # isort: skip  # noqa: F401
from level2.features import feast  # isort: skip  # noqa: F401

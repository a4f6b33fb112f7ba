"""Qiao 桥: the service centre any company can run itself."""

import warnings

from pydantic import BaseModel
from pydantic.warnings import UnsupportedFieldAttributeWarning

__version__ = "0.1.0"

# There are hundreds of models, and a process uses a few dozen of them in its first minutes: each is worked out when it is
# first used. Together they take a seventh of a start. It is set before any model is made, so that all inherit it.
BaseModel.model_config["defer_build"] = True
# FastAPI silences this about the types it makes itself; these are now worked out later, when its silence has ended.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)

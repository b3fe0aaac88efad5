"""The web application: the only place where all its parts meet."""

from torale.server.app.build import create_app
from torale.server.app.serve import serve

__all__ = ["create_app", "serve"]

"""The dashboard: HTML for people. One file per screen; it owns no rules.

A screen calls the services of the rooms below, as the REST API does, and fills a template.
"""

from torale.server.dashboard.errors import install_error_pages
from torale.server.dashboard.router import router

__all__ = ["install_error_pages", "router"]

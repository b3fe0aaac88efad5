"""The dashboard: HTML for people. One file per screen; it owns no rules.

A screen calls the services of the rooms below, as the REST API does, and fills a template.
"""

from torale.server.dashboard.router import router
from torale.server.dashboard.web.errors import install_error_pages

__all__ = ["install_error_pages", "router"]

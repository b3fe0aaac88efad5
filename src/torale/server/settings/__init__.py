"""Settings of an operator."""

from torale.server.settings.base import SETTINGS, Settings, is_loopback
from torale.server.settings.data_folder import open_data_dir, secret_key
from torale.server.settings.loading import load

__all__ = ["SETTINGS", "Settings", "is_loopback", "load", "open_data_dir", "secret_key"]

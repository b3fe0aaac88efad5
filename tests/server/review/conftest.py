from tests.support.world import judge, limits, world

__all__ = ["judge", "limits", "world"]

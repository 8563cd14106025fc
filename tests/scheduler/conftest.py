"""Properties are not timed: loading the holidays takes longer than any example."""

from hypothesis import settings

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

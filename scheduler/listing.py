"""Names one after another, no more than are read. Pure."""

from collections.abc import Sequence


def listed(names: Sequence[str], limit: int, rest: str) -> str:
    """'张三、李四等 7 位': where there are more than `limit`, the first ones and `rest` with their count."""
    shown = "、".join(names[:limit])
    return f"{shown}{rest.format(count=len(names))}" if len(names) > limit else shown

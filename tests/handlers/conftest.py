"""Fixtures for conversations: a branch with a secretary, a member and a member without a phone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import Rehearsal, on, rehearsal


@pytest.fixture
async def branch(tmp_path: Path) -> AsyncIterator[Rehearsal]:
    """张三 and 李红梅 (书记) of 第一党支部 with an open and a coming activity; 李大山 has no phone."""
    async with rehearsal(f"sqlite+aiosqlite:///{tmp_path}/talk.db") as talk:
        await talk.activity("重温入党誓词")
        await talk.activity("十一月主题党日", starts=on(2026, 11, 5))
        await talk.member("张三")
        await talk.member("李红梅", position="书记")
        await talk.member("李大山", account=False)
        yield talk

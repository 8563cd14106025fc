"""The demo's simulated platforms before a callback that gives prepared answers."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web

from bot import demo
from bot.web.phone import ForgedReply, NotAnswered, Platform

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def callback() -> AsyncIterator[tuple[str, list[tuple[str, bytes]], list[web.Response]]]:
    """A callback that gives prepared answers, and what was delivered to it."""
    got: list[tuple[str, bytes]] = []
    answers: list[web.Response] = []

    async def receive(request: web.Request) -> web.Response:
        got.append((request.query_string, await request.read()))
        return answers.pop(0)

    app = web.Application()
    app.router.add_post("/wecom/demo", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", got, answers
    await runner.cleanup()


def platform(tmp_path: Path) -> Platform:
    """The simulated platform for a fresh app."""
    return Platform("demo", demo.demo_settings(0, tmp_path).wecom["demo"])


async def test_platform_delivers_three_times_the_same_bytes(
    callback: tuple[str, list[tuple[str, bytes]], list[web.Response]], tmp_path: Path
) -> None:
    """No answer, the same delivery again, then it gives up, as WeChat Work does."""
    base, got, answers = callback
    answers += [web.Response(status=503) for _ in range(3)]
    ours = platform(tmp_path)
    delivery = ours.write("zhangsan", "text", "签到", datetime.now().astimezone())
    async with ClientSession() as session:
        with pytest.raises(NotAnswered):
            await ours.deliver(session, base, delivery)
        assert len(got) == 3
        assert len(set(got)) == 1
        answers.append(web.Response())
        assert await ours.deliver(session, base, delivery) == ""


async def test_platform_refuses_forged_answers(
    callback: tuple[str, list[tuple[str, bytes]], list[web.Response]], tmp_path: Path
) -> None:
    """An answer sealed for another app, or with a wrong signature, is no answer."""
    base, _got, answers = callback
    ours, other = platform(tmp_path), platform(tmp_path)
    forged = other.write("wwdemo", "text", "假的", datetime.now().astimezone())
    envelope = forged.body.decode().replace(
        "</xml>", "<MsgSignature>0</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"
    )
    answers.append(web.Response(text=envelope))
    delivery = ours.write("zhangsan", "text", "签到", datetime.now().astimezone())
    async with ClientSession() as session:
        with pytest.raises(ForgedReply):
            await ours.deliver(session, base, delivery)

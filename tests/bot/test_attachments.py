"""From a member's phone to the secretary's: the running bot between both sides of each platform."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot import fetching
from bot.channels import dingtalk_files, wecom_bodies
from bot.channels.dingtalk_bodies import bodies_of
from bot.settings import Settings
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.platform import FakePlatform
from storage import tables
from storage.letters import Letter, State
from tests.bot.dingtalk_house import dingtalk_settings, on_dingtalk
from tests.bot.fake_dingtalk import CLIENT, ROBOT, FakeRobot
from tests.bot.fake_dingtalk import SECRET as ROBOT_SECRET
from tests.bot.fake_wecom import CORP, SECRET, Running, running, settings_over
from tests.fakes import MONDAY, FakeClock

ZHANG, LI = "张三", "李红梅"
JPG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
AMR = b"#!AMR\n" + bytes(range(256))
IMAGE = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>"
    "<CreateTime>1760000000</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
    "<PicUrl><![CDATA[http://127.0.0.1:1/photo]]></PicUrl><MediaId><![CDATA[{media}]]></MediaId>"
    "<Format><![CDATA[amr]]></Format><MsgId>{number}</MsgId><AgentID>218</AgentID></xml>"
)
CODE = re.compile(r"确认码 (\d{4})")
Named = tuple[str, bytes]


@dataclass
class Phones:
    """One platform around the bot: who says or sends what, and the files on somebody's screen."""

    bot: Running
    says: Callable[[str, str], Awaitable[str]]
    sends: Callable[[str, str, bytes], Awaitable[str]]
    files: Callable[[str], list[tuple[str, Named]]]

    async def came(self, count: int = 1) -> None:
        """Come back when so many were fetched."""
        async with asyncio.timeout(20):
            while await self._states() != ["kept"] * count:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.005)

    async def _states(self) -> list[str]:
        return [row["state"] for row in await self.bot.house.rows(tables.media)]

    async def shown(self, who: str, count: int = 1) -> list[tuple[str, Named]]:
        """Come back when so many files are on this screen."""
        async with asyncio.timeout(20):
            while len(self.files(who)) < count:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.005)
        return self.files(who)


async def people(bot: Running) -> None:
    """A member and a secretary."""
    await bot.house.member(ZHANG)
    await bot.house.member(LI, position="书记")


@asynccontextmanager
async def wecom(url: str, folder: Path) -> AsyncIterator[Phones]:
    """WeChat Work."""
    fake = FakePlatform(FakeClock().now, secrets={CORP: SECRET})
    async with TestServer(fake.application()) as server:
        settings = settings_over(url, folder)
        base = {"api_base": str(server.make_url(""))}
        apps = {"main": settings.wecom["main"].model_copy(update=base)}
        async with running(settings.model_copy(update={"wecom": apps})) as bot:
            await people(bot)

            async def sends(who: str, kind: str, content: bytes) -> str:
                given = {"who": who, "kind": kind, "number": next(bot.wecom.ids)}
                xml = IMAGE.format(corp=CORP, media=fake.offer(content), **given)
                return bot.wecom.opened((await bot.wecom.post(xml)).body)["Content"]

            def files(who: str) -> list[tuple[str, Named]]:
                sent = [one for one in fake.journal if one["to"] == who]
                return [
                    (one["msgtype"], fake.media(one["body"][one["msgtype"]]["media_id"]))
                    for one in sent
                    if one["msgtype"] in {"image", "file"}
                ]

            yield Phones(bot, bot.wecom.says, sends, files)


@asynccontextmanager
async def dingtalk(url: str, folder: Path) -> AsyncIterator[Phones]:
    """DingTalk."""
    fake = FakeDingtalk(FakeClock().now, apps={CLIENT: ROBOT_SECRET}, robot_codes={CLIENT: ROBOT})
    async with TestServer(fake.application()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        settings: Settings = dingtalk_settings(url, folder, base=fake.base)
        async with running(settings) as bot:
            await people(bot)
            await on_dingtalk(bot.house, ZHANG, LI)
            robot = FakeRobot(bot.wecom.port)
            names = {"image": "picture", "voice": "audio"}

            async def sends(who: str, kind: str, content: bytes) -> str:
                body = {"downloadCode": fake.offer_file(content), "recognition": ""}
                said = robot.message(who, msgtype=names.get(kind, "file"), content=body, text=None)
                return await robot.gets(said)

            def files(who: str) -> list[tuple[str, Named]]:
                found = []
                for one in fake.journal:
                    if one["to"] == who and one["msgtype"] in {"sampleImageMsg", "sampleFile"}:
                        param = json.loads(one["body"]["msgParam"])
                        kind = "image" if one["msgtype"] == "sampleImageMsg" else "file"
                        found.append(
                            (kind, fake.media(param.get("photoURL", param.get("mediaId"))))
                        )
                return found

            async def says(who: str, said: str) -> str:
                answer = await robot.says(who, said)
                if "确认码" not in answer:
                    return answer
                letters = await bot.house.rows(tables.outbox)
                codes = [found[1] for row in letters if (found := CODE.search(row["text"]))]
                return await robot.says(who, codes[-1])

            yield Phones(bot, says, sends, files)


@pytest.fixture(params=[wecom, dingtalk], ids=["wecom", "dingtalk"])
async def phones(
    request: pytest.FixtureRequest,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Phones]:
    """Each platform in turn; nothing is fetched but what a commit tells of."""
    monkeypatch.setattr(fetching, "POLL_SECONDS", 600.0)
    async with request.param(sqlite_url, tmp_path) as found:
        yield found


async def test_a_screenshot_of_dues_reaches_the_secretary(phones: Phones) -> None:
    """Taken, fetched by itself, and shown as a picture: the very bytes."""
    await phones.says(ZHANG, "党费 10月 20元")
    assert "收到截图" in await phones.sends(ZHANG, "image", JPG)
    await phones.came()
    assert "附件 1 个，随后发给您" in await phones.says(LI, "看 1")
    assert await phones.shown(LI) == [("image", ("张三-2026年10月党费-1.jpg", JPG))]
    assert phones.files(ZHANG) == []


async def test_what_came_with_a_report_reaches_the_secretary(phones: Phones) -> None:
    """In its order; what the platform takes as no file of its own is in an archive."""
    await phones.says(ZHANG, "思想汇报 这个季度学习了新党章，很有收获")
    await phones.sends(ZHANG, "image", JPG)
    await phones.sends(ZHANG, "voice", AMR)
    await phones.says(ZHANG, "完成")
    await phones.came(2)
    await phones.says(LI, "看 1")
    picture, (kind, (name, content)) = await phones.shown(LI, 2)
    assert picture == ("image", ("张三-2026年第四季度思想汇报-1.jpg", JPG))
    assert kind == "file"
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = archive.namelist()
            content = archive.read(name)
    assert (name, content) == ("张三-2026年第四季度思想汇报-2.amr", AMR)


async def test_the_outbox_holds_no_copy(phones: Phones) -> None:
    """However often it is asked for, the content lies in one place."""
    await phones.says(ZHANG, "党费 10月 20元")
    await phones.sends(ZHANG, "image", JPG)
    await phones.came()
    for _ in range(2):
        await phones.says(LI, "看 1")
    await phones.shown(LI, 2)
    rows = await phones.bot.house.rows(tables.outbox)
    assert max(len(row["extra"] or "") for row in rows) < 1000


# --- What each platform takes -----------------------------------------------------------------


def letter(name: str, content: bytes = b"content", kind: str = "image") -> Letter:
    """A claimed letter with this file."""
    until = MONDAY + timedelta(minutes=2)
    given: dict[str, Any] = {"attempts": 1, "created_at": MONDAY, "next_at": None}
    return Letter(
        1, "s", "a", kind, "", State.PENDING, leased_until=until, file=(name, content), **given
    )


@pytest.mark.parametrize(
    ("name", "kind", "size", "goes_as"),
    [
        ("a.jpg", "image", 10 * 1024 * 1024, "image"),
        ("a.png", "image", 10, "image"),
        ("a.jpg", "image", 10 * 1024 * 1024 + 1, "file"),
        ("a.gif", "image", 10, "file"),
        ("a.amr", "file", 10, "file"),
    ],
)
def test_wechat_work_takes_any_file(name: str, kind: str, size: int, goes_as: str) -> None:
    """As a picture what it can show as one."""
    found = wecom_bodies.fitted(letter(name, bytes(size), kind))
    assert (found.kind, found.file) == (goes_as, (name, bytes(size)))


@pytest.mark.parametrize(
    ("name", "kind", "goes_as", "called"),
    [
        ("a.jpg", "image", "image", "a.jpg"),
        ("a.gif", "image", "image", "a.gif"),
        ("a.heic", "image", "file", "a.zip"),
        ("a.docx", "file", "file", "a.docx"),
        ("a.amr", "file", "file", "a.zip"),
        ("a", "file", "file", "a.zip"),
    ],
)
def test_dingtalk_takes_a_few(name: str, kind: str, goes_as: str, called: str) -> None:
    """Anything else in an archive that is the same at every try."""
    found = dingtalk_files.fitted(letter(name, kind=kind))
    assert (found.kind, found.file and found.file[0]) == (goes_as, called)
    assert dingtalk_files.fitted(letter(name, kind=kind)) == found


def test_a_letter_without_a_file_is_left_as_it_is() -> None:
    """Words are not packed; a picture may have words before it."""
    words = letter("", kind="text")
    assert dingtalk_files.fitted(words) is words
    found = bodies_of(letter("a.jpg", kind="image"), "@m")
    assert found == [("sampleImageMsg", '{"photoURL":"@m"}')]

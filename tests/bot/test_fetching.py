"""Fetching's promises, against both fake platforms over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from yarl import URL

from bot.channels import http as http_module
from bot.channels.base import Fetcher
from bot.channels.dingtalk_client import Credentials, DingtalkClient
from bot.channels.dingtalk_files import DingtalkFiles
from bot.channels.http import Http
from bot.channels.wecom_api import Account, WecomApi
from bot.fetching import Fetching
from bot.retry import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, Again, Never, Outcome
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.faults import Fault
from bot.web.platform import FakePlatform
from storage import tables
from tests.fakes import Rehearsal

CORP, APP, SECRET = "wwtest", "dingapp", "the-app-secret"
JPG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
DOWNLOAD = "robot/messageFiles/download"


@dataclass
class Fetch:
    """What was sent, and the way to it; `fake` is the platform, `call` how it names the first step."""

    house: Rehearsal
    fetching: Fetching
    fake: Any
    call: str

    def offered(self, content: bytes = JPG) -> str:
        """The platform's code for this."""
        offer = self.fake.offer if isinstance(self.fake, FakePlatform) else self.fake.offer_file
        return str(offer(content))

    async def noted(self, code: str, channel: str = "main", ending: str = "") -> int:
        """A member sent what this stands for."""
        async with self.house.store() as store:
            member, at = self.house.members["张三"], self.house.clock.now()
            return await store.media.keep(
                channel, member, kind="image", code=code, at=at, ending=ending
            )

    async def rows(self) -> list[tuple[str, int, str]]:
        """State, tries and trouble of each, in their order."""
        rows = sorted(await self.house.rows(tables.media), key=lambda row: int(row["id"]))
        return [(row["state"], row["attempts"], row["error"] or "") for row in rows]

    async def content(self, number: int) -> bytes | None:
        """What is kept of it."""
        async with self.house.store() as store:
            return (await store.media.contents([number])).get(number)


def fetching(house: Rehearsal, fetcher: Fetcher) -> Fetching:
    """As another process would have it; retries come after exactly the doubled time."""
    return Fetching(house.database, {"main": fetcher}, house.clock.now, lambda: 0.0)


@asynccontextmanager
async def on_wecom(house: Rehearsal) -> AsyncIterator[Fetch]:
    """WeChat Work, served on loopback."""
    fake = FakePlatform(house.clock.now, secrets={CORP: SECRET})
    async with TestServer(fake.application()) as server, Http() as http:
        base = str(server.make_url("")).rstrip("/")
        account = Account(CORP, 1000002, SecretStr(SECRET), base)
        api = WecomApi(account, http, house.database, house.clock.now)
        yield Fetch(house, fetching(house, api), fake, "media/get")


@asynccontextmanager
async def on_dingtalk(house: Rehearsal) -> AsyncIterator[Fetch]:
    """DingTalk, served on loopback."""
    fake = FakeDingtalk(house.clock.now, apps={APP: SECRET})
    async with TestServer(fake.application()) as server, Http() as http:
        fake.base = base = str(server.make_url("")).rstrip("/")
        own = Credentials("main", APP, SecretStr(SECRET), base, base)
        client = DingtalkClient(own, http, house.database, house.clock.now)
        yield Fetch(house, fetching(house, DingtalkFiles(client, APP)), fake, DOWNLOAD)


PLATFORMS = {"wecom": on_wecom, "dingtalk": on_dingtalk}
BUSY: dict[str, Any] = {
    "media/get": 45009,
    DOWNLOAD: (403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "message": "x"}),
}


@pytest.fixture(params=PLATFORMS)
async def fetch(talk: Rehearsal, request: pytest.FixtureRequest) -> AsyncIterator[Fetch]:
    """Each platform in turn."""
    await talk.member("张三")
    async with PLATFORMS[request.param](talk) as found:
        yield found


async def test_what_was_sent_is_kept(fetch: Fetch) -> None:
    """The very bytes, once, with the ending they have; a second pass asks for nothing."""
    number = await fetch.noted(fetch.offered(), ending="png")
    assert await fetch.fetching.fetch_once() == 1
    assert await fetch.content(number) == JPG
    (row,) = await fetch.house.rows(tables.media)
    assert (row["state"], row["ending"], row["error"], row["code"]) == ("kept", "jpg", None, None)
    assert await fetch.fetching.fetch_once() == 0
    assert fetch.fake.calls[fetch.call] == 1


async def test_a_whole_days_pictures_come(fetch: Fetch) -> None:
    """More than are fetched at once, each to its own row."""
    sent = {await fetch.noted(fetch.offered(JPG + bytes([place]))): place for place in range(10)}
    assert await fetch.fetching.fetch_once() == 10
    for number, place in sent.items():
        assert await fetch.content(number) == JPG + bytes([place])


async def test_what_is_gone_is_lost(fetch: Fetch) -> None:
    """At once, with the platform's reason; the others are kept, and nothing rests."""
    await fetch.noted("nothing")
    good = await fetch.noted(fetch.offered())
    assert await fetch.fetching.fetch_once() == 2
    (state, attempts, error), kept = await fetch.rows()
    assert (state, attempts) == ("lost", 1)
    assert "没有这个文件" in error
    assert kept[0] == "kept"
    assert await fetch.content(good) == JPG
    assert fetch.fetching.resting == {}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT])
async def test_a_stumbling_platform_is_asked_again(fetch: Fetch, fault: Fault) -> None:
    """After a while, not at once; the picture is kept then."""
    again = fault is Fault.CUT and fetch.call == "media/get"  # aiohttp itself repeats a GET once
    fetch.fake.script(fault, 1 + again, call=fetch.call)
    number = await fetch.noted(fetch.offered())
    assert await fetch.fetching.fetch_once() == 0
    assert (await fetch.rows())[0][:2] == ("pending", 1)
    assert await fetch.fetching.fetch_once() == 0
    fetch.house.clock.forward(seconds=FIRST_WAIT.total_seconds())
    assert await fetch.fetching.fetch_once() == 1
    assert await fetch.content(number) == JPG


async def test_after_the_last_try_it_is_lost(fetch: Fetch) -> None:
    """With what went wrong."""
    fetch.fake.script(Fault.SERVER_ERROR, MOST_ATTEMPTS, call=fetch.call)
    await fetch.noted(fetch.offered())
    for _ in range(MOST_ATTEMPTS):
        await fetch.fetching.fetch_once()
        fetch.house.clock.forward(seconds=LONGEST_WAIT.total_seconds())
    ((state, attempts, error),) = await fetch.rows()
    assert (state, attempts) == ("lost", MOST_ATTEMPTS)
    assert "最后一次" in error


async def test_a_busy_platform_is_left_alone(fetch: Fetch) -> None:
    """What comes meanwhile waits too, and no try is counted; then all of it is kept."""
    fetch.fake.script(BUSY[fetch.call], call=fetch.call)
    await fetch.noted(fetch.offered())
    await fetch.fetching.fetch_once()
    assert (await fetch.rows())[0][:2] == ("pending", 0)
    assert fetch.fetching.resting.keys() == {"main"}
    await fetch.noted(fetch.offered())
    assert await fetch.fetching.fetch_once() == 0
    assert fetch.fake.calls[fetch.call] == 1
    fetch.house.clock.forward(minutes=2)
    assert await fetch.fetching.fetch_once() == 2


async def test_an_unknown_channel_is_given_up_when_the_code_is_over(fetch: Fetch) -> None:
    """It may come back with the next start; after three days there is nothing left to fetch."""
    await fetch.noted("code", channel="gone")
    await fetch.fetching.fetch_once()
    assert (await fetch.rows())[0][:2] == ("pending", 0)
    fetch.house.clock.forward(days=3, minutes=1)
    await fetch.fetching.fetch_once()
    ((state, _attempts, error),) = await fetch.rows()
    assert state == "lost"
    assert "没有这个渠道" in error


async def test_a_token_that_is_over_is_renewed(fetch: Fetch) -> None:
    """In the same try."""
    for _ in range(2):
        await fetch.noted(fetch.offered())
        assert await fetch.fetching.fetch_once() == 1
        fetch.fake.revoke()
    assert [state for state, _attempts, _error in await fetch.rows()] == ["kept"] * 2


async def test_too_large_a_file_is_lost(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit it is kept, beyond it the rest is not even read."""
    monkeypatch.setattr(http_module, "LARGEST_FILE", len(JPG))
    await fetch.noted(fetch.offered(JPG))
    await fetch.noted(fetch.offered(JPG + b"x"))
    assert await fetch.fetching.fetch_once() == 2
    kept, (state, _attempts, error) = await fetch.rows()
    assert kept[0] == "kept"
    assert (state, error) == ("lost", "文件超过 20 MB")


async def test_two_processes_fetch_it_once(fetch: Fetch) -> None:
    """Whoever comes second is given nothing while the lease lasts; one that died holds nothing up."""
    number = await fetch.noted(fetch.offered())
    now = fetch.house.clock.now()
    async with fetch.house.store() as store:
        assert await store.media.pending(now, timedelta(minutes=3), 4)
    assert await fetch.fetching.fetch_once() == 0
    fetch.house.clock.forward(minutes=3)
    assert await fetch.fetching.fetch_once() == 1
    assert await fetch.content(number) == JPG


async def test_a_fetcher_that_breaks_is_tried_again(fetch: Fetch) -> None:
    """Its trouble is not the others', nor the loop's."""

    class Broken:
        async def fetch(self, code: str) -> bytes | Outcome:
            raise RuntimeError(code)

    await fetch.noted("x")
    assert await fetching(fetch.house, Broken()).fetch_once() == 0
    assert await fetch.rows() == [("pending", 1, "RuntimeError")]


async def test_a_json_file_is_a_file(talk: Rehearsal) -> None:
    """On DingTalk members send any file, also one that looks like an error."""
    await talk.member("张三")
    async with on_dingtalk(talk) as fetch:
        number = await fetch.noted(fetch.offered(b'{"errcode": 40001}'), ending="json")
        await fetch.fetching.fetch_once()
        assert await fetch.content(number) == b'{"errcode": 40001}'


async def test_a_page_is_no_picture(talk: Rehearsal) -> None:
    """What a proxy says in the platform's name is not kept as what the member sent."""
    await talk.member("张三")
    async with on_wecom(talk) as fetch:
        fetch.fake.script(Fault.HTML, call=fetch.call)
        await fetch.noted(fetch.offered())
        assert await fetch.fetching.fetch_once() == 0
        assert (await fetch.rows())[0][:2] == ("pending", 1)


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT, (403, {})])
async def test_dingtalks_storage_may_stumble_too(talk: Rehearsal, fault: Any) -> None:
    """The next try asks for a new address."""
    await talk.member("张三")
    async with on_dingtalk(talk) as fetch:
        fetch.fake.script(fault, 1 + (fault is Fault.CUT), call="files")
        await fetch.noted(fetch.offered())
        await fetch.fetching.fetch_once()
        talk.clock.forward(seconds=FIRST_WAIT.total_seconds())
        assert await fetch.fetching.fetch_once() == 1
        assert fetch.fake.calls[DOWNLOAD] == 2


@pytest.mark.parametrize("address", [None, 7, "", "file:///etc/passwd", "http://[", "http://x:y/"])
async def test_an_address_that_is_none_is_not_asked(talk: Rehearsal, address: object) -> None:
    """A strange answer is tried again like any other."""
    await talk.member("张三")
    async with on_dingtalk(talk) as fetch:
        fetch.fake.script((200, {"downloadUrl": address}), call=DOWNLOAD)
        await fetch.noted("x")
        assert await fetch.fetching.fetch_once() == 0
        assert (await fetch.rows())[0][:2] == ("pending", 1)


async def test_redirects_are_not_followed() -> None:
    """A signed address is the whole of what was promised."""

    async def away(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/there")

    async def there(_request: web.Request) -> web.Response:
        return web.Response(body=JPG)

    app = web.Application()
    app.router.add_get("/", away)
    app.router.add_get("/there", there)
    async with TestServer(app) as server, Http() as http:
        assert isinstance(await http.load(server.make_url("/")), Again)
        assert await http.load(server.make_url("/there")) == JPG
        assert isinstance(await http.load(URL("http://127.0.0.1:1/")), Again)


async def test_a_compressed_file_is_measured_as_it_unfolds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small answer may hold a large file."""
    monkeypatch.setattr(http_module, "LARGEST_FILE", 1024 * 1024)

    async def bomb(_request: web.Request) -> web.Response:
        found = web.Response(body=bytes(8 * 1024 * 1024))
        found.enable_compression()
        return found

    app = web.Application()
    app.router.add_get("/", bomb)
    async with TestServer(app) as server, Http() as http:
        assert isinstance(await http.load(server.make_url("/")), Never)

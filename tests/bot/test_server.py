"""The HTTP edge: what is answered, what is refused and how little a refusal tells, and who cannot hold it up."""

import asyncio
import gzip
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import LogCapture
from yarl import URL

from bot import server, turns
from bot.channels import body
from bot.channels.wecom import Wecom
from storage import tables
from storage.encryption import Unreadable
from tests.bot.fake_wecom import (
    AES_KEY,
    OTHER_CORP,
    SECRET,
    TOKEN,
    FakeWecom,
    Response,
    Running,
    payloads,
    running,
    settings_over,
)
from tests.fakes import SCOPE

LIMIT = 256 * 1024
ECHO = next(one for one in payloads("wecom.json", "vectors") if one["id"] == "tencent-sample-echo")


def refused(answer: Response, status: int) -> bool:
    """Refused with this status, and with a body that tells nothing."""
    told = answer.body.decode() + str(answer.headers)
    for secret in (SECRET, TOKEN, AES_KEY, "Traceback", "site-packages", ".py", "wwtest"):
        assert secret not in told
    assert len(answer.body) < 100
    return answer.status == status


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> LogCapture:
    """What the HTTP edge and the turns log."""
    capture = LogCapture()
    for module in (server, turns):
        monkeypatch.setattr(module, "log", structlog.wrap_logger(None, processors=[capture]))
    return capture


# --- URL verification -------------------------------------------------------------------------


async def test_the_published_url_verification_is_answered(wecom: FakeWecom) -> None:
    """The platform's own sample, as it comes over the wire: the bare text, nothing around it."""
    answer = await wecom.send("GET", f"/wecom/other?{ECHO['http']['query_raw']}")
    assert (answer.status, answer.body) == (200, ECHO["plaintext"].encode())


async def test_a_raw_plus_in_the_echo_is_understood(wecom: FakeWecom) -> None:
    """An echostr that was not percent-encoded is the same echostr."""
    query = {name: ECHO[name] for name in ("msg_signature", "timestamp", "nonce")}
    assert "+" in ECHO["ciphertext"]
    raw = f"{urlencode(query)}&echostr={ECHO['ciphertext']}"
    url = URL(f"http://127.0.0.1:{wecom.port}/wecom/other?{raw}", encoded=True)
    assert (await wecom.send("GET", url)).body == ECHO["plaintext"].encode()


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce", "echostr"])
async def test_an_incomplete_verification_is_refused(wecom: FakeWecom, missing: str) -> None:
    """Each parameter is needed."""
    query = {name: ECHO[name] for name in ("msg_signature", "timestamp", "nonce")}
    query["echostr"] = ECHO["ciphertext"]
    del query[missing]
    assert refused(await wecom.send("GET", f"/wecom/other?{urlencode(query)}"), 403)


async def test_a_wrong_verification_is_refused(wecom: FakeWecom) -> None:
    """A wrong signature, or the right one at the app of another corp."""
    right = ECHO["http"]["query_raw"]
    assert refused(await wecom.send("GET", f"/wecom/other?{right[:-1]}"), 403)
    assert refused(await wecom.send("GET", f"/wecom/other?{right.replace('5c45', '5c46')}"), 403)
    assert refused(await wecom.send("GET", f"/wecom/main?{right}"), 403)


async def test_an_unknown_app_is_not_found(wecom: FakeWecom) -> None:
    """Names that are not configured do not exist, whatever is sent to them."""
    assert refused(await wecom.send("GET", f"/wecom/nobody?{ECHO['http']['query_raw']}"), 404)
    assert refused(await wecom.post(wecom.text("zhang", "签到"), name="nobody"), 404)
    for path in (
        "/wecom/",
        "/wecom",
        "/wecom/main/more",
        "/",
        "/wecom/..%2Fmain",
        "/dingtalk/main",
    ):
        assert refused(await wecom.send("POST", URL(path, encoded=True)), 404)
    assert refused(await wecom.send("PUT", "/wecom/main"), 405)


# --- Messages ---------------------------------------------------------------------------------


async def test_a_message_is_answered_and_kept(bot: Running) -> None:
    """200, XML, readable by the platform, and on record by then."""
    await bot.house.member("zhang")
    answer = await bot.wecom.post(bot.wecom.text("zhang", "党费 10月 20元"))
    assert (answer.status, answer.headers["Content-Type"]) == (
        200,
        "application/xml; charset=utf-8",
    )
    assert "2026年10月" in bot.wecom.opened(answer.body)["Content"]
    assert [row["month"] for row in await bot.house.rows(tables.dues)] == ["2026-10"]


async def test_a_user_id_is_one_in_any_case(bot: Running) -> None:
    """The platform folds user ids; the reply goes back to the id as it came."""
    await bot.house.member("zhang")
    first = await bot.wecom.post(bot.wecom.text("ZhAnG", "党费 10月 20元"))
    assert bot.wecom.opened(first.body)["ToUserName"] == "ZhAnG"
    assert "已经登记过" in await bot.wecom.says("ZHANG", "党费 10月 20元")


async def test_a_repeat_gets_the_same_answer_and_no_second_effect(bot: Running) -> None:
    """One after the other, at the same time, and in another case."""
    await bot.house.member("zhang")
    first = await bot.wecom.says("zhang", "党费 10月 20元", "77")
    assert await bot.wecom.says("ZHANG", "党费 10月 20元", "77") == first
    twins = (bot.wecom.says("zhang", "党费 11月 20元", "78") for _ in range(5))
    assert len(set(await asyncio.gather(*twins))) == 1
    assert len(await bot.house.rows(tables.dues)) == 2
    assert len(await bot.house.rows(tables.inbox)) == 2


async def test_the_same_id_elsewhere_is_another_message(bot: Running) -> None:
    """Another sender's or another app's number 77 is not a repeat, and another corp's zhang not our zhang."""
    await bot.house.member("zhang")
    other = FakeWecom(bot.wecom.port, corp=OTHER_CORP)
    first = await bot.wecom.says("zhang", "党费 10月 20元", "77")
    assert await bot.wecom.says("wang", "党费 10月 20元", "77") != first
    answer = await other.post(other.text("zhang", "党费 10月 20元", "77"), name="other")
    assert "我还不认识您" in other.opened(answer.body)["Content"]
    assert len(await bot.house.rows(tables.dues)) == 1


async def test_messages_without_an_id_are_told_apart_by_content(bot: Running) -> None:
    """A repeat is known by its body; the same words a second later are new."""
    await bot.house.member("zhang")
    texts = [bot.wecom.text("zhang", "求助 家里漏水", "", at=at) for at in (1, 1, 2)]
    answers = [bot.wecom.opened((await bot.wecom.post(text)).body)["Content"] for text in texts]
    assert answers[0] == answers[1] != answers[2]
    assert len(await bot.house.rows(tables.requests)) == 2


@pytest.mark.parametrize(
    "said", ["]]>", "a]]>b]]>", "]]", "<xml>&amp;</xml>", "{0}{text}%s", "]]></Content><Content>"]
)
async def test_what_breaks_xml_comes_back_whole(bot: Running, said: str) -> None:
    """Words that end a CDATA section or look like markup are shown to the secretary as they were said."""
    await bot.house.member("zhang")
    await bot.house.member("shuji", position="书记")
    await bot.wecom.says("zhang", f"求助 家里{said}漏水")
    assert f"家里{said}漏水" in await bot.wecom.says("shuji", "看 1")


@pytest.mark.parametrize(
    "said", ["\x00", "签到\x00", "\x01\x02<\x1f", "\ufffe\uffff", "\u202e倒", "\u0300" * 500]
)
async def test_odd_characters_are_answered(bot: Running, said: str) -> None:
    """NUL, control characters, non-characters and heaps of accents: answered, nothing failed."""
    await bot.house.member("zhang")
    for sender in ("zhang", "stranger"):
        assert await bot.wecom.says(sender, said)
    assert bot.app.turns.failed == 0


@pytest.mark.parametrize(
    "said", ["签到" * 10_000, "求助 " + "水" * 20_000, "1" * 20_000, "\n" * 20_000, "]]>" * 5_000]
)
async def test_a_very_long_message_is_answered(bot: Running, said: str) -> None:
    """20 000 characters at once get an answer of at most 2048 bytes."""
    await bot.house.member("zhang")
    for sender in ("zhang", "stranger"):
        answer = await bot.wecom.says(sender, said)
        assert 0 < len(answer.encode()) <= 2048
    assert bot.app.turns.failed == 0


async def test_a_long_answer_comes_in_pages(bot: Running) -> None:
    """No page is over the platform's 2048 bytes, and together they are the whole."""
    await bot.house.member("zhang")
    await bot.house.member("shuji", position="书记")
    words = "".join(f"第{number}句话，家里漏水。" for number in range(300))
    await bot.wecom.says("zhang", f"求助 {words}")
    page = await bot.wecom.says("shuji", "看 1")
    shown = ""
    while "回复“更多”" in page:
        assert len(page.encode()) <= 2048
        shown += page.rpartition("\n")[0]
        page = await bot.wecom.says("shuji", "更多")
    assert len(page.encode()) <= 2048
    assert words[-50:] in shown + page
    assert words.count("漏水") == (shown + page).count("漏水")


# --- Refusals ---------------------------------------------------------------------------------


async def test_a_forged_message_is_refused(bot: Running, log: LogCapture) -> None:
    """403, nothing on record, and nothing of it in the log."""
    sealed = bot.wecom.encrypt(bot.wecom.text("zhang", "党费 10月 20元"))
    query = bot.wecom.query(sealed)
    forged = [{**query, name: "0" + value[1:] + "x"} for name, value in query.items()]
    forged += [{k: v for k, v in query.items() if k != name} for name in query]
    forged += [{}, {**query, "msg_signature": "é"}, {**query, "nonce": "\x00"}]
    for one in forged:
        assert refused(await bot.wecom.post_body(bot.wecom.envelope(sealed), one), 403)
    assert await bot.house.rows(tables.inbox) == []
    assert {entry["status"] for entry in log.entries} == {403}
    assert not any(word in str(log.entries) for word in ("zhang", "党费", sealed[:20], TOKEN))


async def test_damaged_ciphertext_is_refused(wecom: FakeWecom) -> None:
    """Rightly signed, but it does not decrypt: 400."""
    sealed = wecom.encrypt(wecom.text("zhang", "签到"))
    for damaged in (sealed[:-8], sealed[:20], "QUJD", "=", "a"):
        assert refused(await wecom.post_sealed(damaged), 400)


async def test_what_is_sealed_for_another_corp_is_refused(wecom: FakeWecom) -> None:
    """Our key and token do not make another corp's message ours."""
    for corp in (OTHER_CORP, "", "WWTEST", "wwtest2"):
        assert refused(
            await wecom.post_sealed(wecom.encrypt(wecom.text("zhang", "签到"), corp)), 403
        )


UNREADABLE = {
    "empty": b"",
    "not XML": b"hello",
    "JSON": b'{"encrypt": "abc"}',
    "bad UTF-8": b"<xml><\xff>\xfe</xml>",
    "UTF-16": "<xml><Encrypt>abc</Encrypt></xml>".encode("utf-16"),
    "NUL": b"<xml>\x00</xml>",
    "doctype": b"<!DOCTYPE xml><xml><Encrypt>abc</Encrypt></xml>",
    "deep": b"<xml>" + b"<a>" * 80_000,
    "gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 100,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_cannot_be_read_is_refused(wecom: FakeWecom, body: bytes) -> None:
    """400, whatever the signature."""
    assert refused(await wecom.post_body(body, wecom.query("abc")), 400)


@pytest.mark.parametrize(
    "plain",
    [b"", b"hello", b"\xff\xfe", b'{"a": 1', b"<xml></xml>", b"<xml><MsgType>text</MsgType></xml>"],
)
async def test_a_plaintext_that_is_no_message_is_refused(wecom: FakeWecom, plain: bytes) -> None:
    """Rightly sealed and signed, but nobody's message: 400."""
    assert refused(await wecom.post(plain), 400)


async def test_compressed_bodies_are_not_opened(wecom: FakeWecom) -> None:
    """The platform does not compress; a body is read as it stands, so no bomb unfolds."""
    sealed = wecom.encrypt(wecom.text("zhang", "签到"))
    body, query = gzip.compress(wecom.envelope(sealed)), wecom.query(sealed)
    answer = await wecom.post_body(body, query, headers={"Content-Encoding": "gzip"})
    assert refused(answer, 400)


@pytest.mark.parametrize("entity", ["SYSTEM", "PUBLIC 'x'"])
async def test_no_entity_is_fetched(wecom: FakeWecom, entity: str) -> None:
    """Outside and inside the seal, an address in a DOCTYPE is never asked."""
    asked = []

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)
        writer.close()

    trap = await asyncio.start_server(note, "127.0.0.1", 0)
    address = f'{entity} "http://127.0.0.1:{trap.sockets[0].getsockname()[1]}/x"'
    for xml in (
        f"<!DOCTYPE xml {address}><xml><Encrypt>abc</Encrypt></xml>",
        f"<!DOCTYPE xml [<!ENTITY e {address}>]><xml><Encrypt>&e;</Encrypt></xml>",
        f"<!DOCTYPE xml [<!ENTITY % e {address}> %e;]><xml><Encrypt>abc</Encrypt></xml>",
    ):
        assert refused(await wecom.post_body(xml.encode(), wecom.query("abc")), 400)
        assert refused(await wecom.post(xml), 400)
    trap.close()
    await trap.wait_closed()
    assert asked == []


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body of unknown length."""
    while size > 0:
        yield b"x" * min(size, 65536)
        size -= 65536


async def test_a_body_has_a_limit(wecom: FakeWecom) -> None:
    """256 KiB are read, one byte more is refused, with Content-Length and without."""
    for size, status in ((LIMIT, 400), (LIMIT + 1, 413), (4 * LIMIT, 413)):
        assert refused(await wecom.post_body(b"x" * size, {}), status)
        assert refused(await wecom.post_body(chunks(size), {}), status)


async def test_a_body_that_only_claims_to_be_large_is_refused_at_once(wecom: FakeWecom) -> None:
    """The length given is enough; nobody waits for the bytes."""
    head = f"POST /wecom/main HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n"
    async with wecom.connected(head.encode()) as reader, asyncio.timeout(2):
        assert b" 413 " in await reader.readline()


BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "bytes in the query": b"GET /wecom/main?timestamp=\xff&echostr=a HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a character": b"GET /wecom/main?nonce=%ed%a0%80&echostr=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a long line": b"GET /wecom/main?" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long header": b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET /healthz HTTP/1.1\r\n" + b"X: a\r\n" * 2_000 + b"\r\n",
    "two lengths": b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a negative length": b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a bad chunk": b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
async def test_broken_http_is_refused(wecom: FakeWecom, data: bytes) -> None:
    """A 4xx without a trace of the inside, the connection closed, and the next request served."""
    answer = await wecom.raw(data)
    assert b" 400 " in answer or b" 403 " in answer
    assert b"Traceback" not in answer
    assert b".py" not in answer
    assert (await wecom.send("GET", "/healthz")).status == 200


# --- When the inside fails --------------------------------------------------------------------


async def test_an_answer_that_takes_too_long_is_asked_for_again(
    bot: Running, log: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 within the time allowed; delivered again, the message has its one effect and its answer."""
    await bot.house.member("zhang")
    monkeypatch.setattr(Wecom, "seconds", 0.1)
    commit = bot.app.turns._commit
    hold = asyncio.Event()

    async def slow(batch: Any) -> list[str]:
        await hold.wait()
        return await commit(batch)

    monkeypatch.setattr(bot.app.turns, "_commit", slow)
    text = bot.wecom.text("zhang", "党费 10月 20元", "77")
    assert refused(await bot.wecom.post(text), 503)
    assert log.entries[-1]["event"] == "not_answered_in_time"
    hold.set()
    monkeypatch.setattr(Wecom, "seconds", 4.5)
    assert "已登记" in bot.wecom.opened((await bot.wecom.post(text)).body)["Content"]
    assert len(await bot.house.rows(tables.dues)) == 1


async def test_a_full_queue_says_come_again(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than can be answered is refused at once with 503, not kept waiting."""
    monkeypatch.setattr(bot.app.turns, "_queue", asyncio.Queue(1))
    bot.app.turns._queue.put_nowait(None)
    async with asyncio.timeout(3):
        assert refused(await bot.wecom.post(bot.wecom.text("zhang", "签到")), 503)


async def test_a_database_that_fails_is_no_answer(
    bot: Running, log: LogCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 so that the platform delivers again, and the log names the error, not the words."""

    def broken() -> None:
        raise Unreadable("党费 10月 20元")

    monkeypatch.setattr(bot.app.database, "unit", broken)
    assert refused(await bot.wecom.post(bot.wecom.text("zhang", "党费 10月 20元")), 503)
    assert log.entries[-1] == {
        "event": "not_committed",
        "channel": "wecom.main",
        "error": "Unreadable",
        "log_level": "error",
    }
    assert "党费" not in str(log.entries)


# --- Slow clients -----------------------------------------------------------------------------


@pytest.fixture
async def impatient(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeWecom]:
    """The platform before a bot whose patience is short."""
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(body, "BODY_SECONDS", 0.3)
    async with running(settings_over(sqlite_url, tmp_path)) as found:
        yield found.wecom


HEAD = b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
STALLED = {
    "silent": b"",
    "half a line": b"POST /wec",
    "half the headers": HEAD,
    "half a body": HEAD + b"\r\n<xml>",
    "half a chunk": b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<xml>",
    "a body nobody asked for": b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    "silent after a request": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a second request": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /he",
}


@pytest.mark.parametrize("data", STALLED.values(), ids=STALLED.keys())
async def test_a_stalled_client_is_closed_while_others_are_served(
    impatient: FakeWecom, data: bytes
) -> None:
    """Whatever a client stops at, it is let go, and meanwhile holds nobody up."""
    async with AsyncExitStack() as stack:
        stalled = [await stack.enter_async_context(impatient.connected(data)) for _ in range(20)]
        async with asyncio.timeout(10):
            assert await impatient.says("stranger", "你好")
            answers = await asyncio.gather(*(one.read() for one in stalled))
    if b"body" in data or data.endswith(b"<xml>"):
        assert all(b" 408 " in answer for answer in answers)


@pytest.mark.parametrize(
    "beginning", [b"POST /wecom/main HTTP/1.1\r\n", HEAD + b"\r\n"], ids=["headers", "body"]
)
async def test_a_trickle_does_not_buy_time(impatient: FakeWecom, beginning: bytes) -> None:
    """A byte now and then keeps a connection no longer than silence would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", impatient.port)
    writer.write(beginning)
    closed = asyncio.ensure_future(reader.read())
    async with asyncio.timeout(10):
        while not closed.done():
            writer.write(b"x")
            await asyncio.sleep(0.02)
    writer.close()


@pytest.fixture
def _many_files() -> Iterator[None]:
    """Both ends of 600 connections are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("_many_files")
async def test_six_hundred_half_open_connections_hold_nobody_up(wecom: FakeWecom) -> None:
    """With all of them waiting, a member's message is answered as ever."""
    async with AsyncExitStack() as stack:
        half_open = (wecom.connected(b"POST /wecom/main HT") for _ in range(600))
        await asyncio.gather(*map(stack.enter_async_context, half_open))
        async with asyncio.timeout(4.5):
            assert await wecom.says("stranger", "你好")


async def test_a_client_that_leaves_does_not_lose_its_message(bot: Running) -> None:
    """Hung up before the answer: the message is on record, and its repeat gets the answer."""
    await bot.house.member("zhang")
    text = bot.wecom.text("zhang", "党费 10月 20元", "77")
    sealed = bot.wecom.encrypt(text)
    body, query = bot.wecom.envelope(sealed), urlencode(bot.wecom.query(sealed))
    head = f"POST /wecom/main?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    async with bot.wecom.connected(head.encode() + body):
        pass
    assert "已登记" in bot.wecom.opened((await bot.wecom.post(text)).body)["Content"]
    assert len(await bot.house.rows(tables.dues)) == 1


# --- Health, readiness, metrics ---------------------------------------------------------------


async def test_a_running_bot_is_healthy_and_ready(wecom: FakeWecom) -> None:
    """Both say ok."""
    for path in ("/healthz", "/readyz"):
        answer = await wecom.send("GET", path)
        assert (answer.status, answer.body) == (200, b"ok")


async def test_an_old_schema_is_not_ready(sqlite: Any, tmp_path: Path) -> None:
    """503 with the reason and the command that mends it; the process itself is healthy."""
    async with running(settings_over(await sqlite.empty(), tmp_path)) as bot:
        answer = await bot.wecom.send("GET", "/readyz")
        assert answer.status == 503
        assert "shuanglian migrate" in answer.body.decode()
        assert (await bot.wecom.send("GET", "/healthz")).status == 200
        assert refused(await bot.wecom.post(bot.wecom.text("zhang", "签到")), 503)
    await sqlite.drop()


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Something that is no PostgreSQL."""
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A PostgreSQL that does not take the password."""
    await reader.read(8)
    writer.write(b"N")
    await reader.read(1024)
    reason = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user bot\0\0"
    writer.write(b"E" + (len(reason) + 4).to_bytes(4, "big") + reason)
    await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    "behind", [None, hang_up, refuse], ids=["closed", "no database", "refused"]
)
async def test_an_unreachable_database_is_not_ready(tmp_path: Path, behind: Any) -> None:
    """503 with the kind of error, without address or password; the process itself is healthy."""
    database = await asyncio.start_server(behind or hang_up, "127.0.0.1", 0)
    port = database.sockets[0].getsockname()[1]
    if behind is None:
        database.close()
        await database.wait_closed()
    url = f"postgresql+asyncpg://bot:hunter2@127.0.0.1:{port}/bot"
    async with running(settings_over(url, tmp_path)) as bot:
        answer = await bot.wecom.send("GET", "/readyz")
        assert answer.status == 503
        assert answer.body.decode().startswith("数据库不可用")
        assert b"hunter2" not in answer.body
        assert (await bot.wecom.send("GET", "/healthz")).status == 200
    database.close()
    await database.wait_closed()


async def test_metrics_are_prometheus_text_without_people(bot: Running) -> None:
    """Well-formed, counting what was answered, and naming nobody."""
    await bot.house.member("zhang")
    await bot.wecom.says("zhang", "求助 家里漏水")
    await bot.wecom.says("stranger", "绑定 5678 张三")
    answer = await bot.wecom.send("GET", "/metrics")
    text = answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["shuanglian_messages_total"] == 2
    assert found["shuanglian_messages_failed_total"] == 0
    for word in ("zhang", "stranger", "张三", "漏水", "第一党支部", SCOPE, SECRET, TOKEN):
        assert word not in text

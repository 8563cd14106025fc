"""The active API over real HTTP: bodies, tokens, cards, files; and nothing secret in any log."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bot import delivery
from bot.channels import token
from bot.channels.base import encoded
from bot.channels.wecom_api import WecomApi
from bot.channels.wecom_bodies import bodies_of, webhook_bodies_of
from bot.retry import Again, Configuration, Never, Outcome, Sent
from bot.web.faults import Fault
from storage import tables
from storage.letters import Letter, State
from tests.bot.fake_wecom import payloads
from tests.bot.post import AGENT, CORP, GROUP, KEY, SECRET, Post, posting
from tests.fakes import MONDAY, SCOPE, Rehearsal

BUTTONS = (("通过", "通过 5"), ("退回", "退回 5"))
LONG = "流动党员应当按时参加组织生活。" * 200


@pytest.fixture
async def post(talk: Rehearsal) -> AsyncIterator[Post]:
    """The client and the fake platform."""
    async with posting(talk) as found:
        yield found


def letter(text: str = "您好", **given: Any) -> Letter:
    """A claimed message to 张三."""
    options = {
        "id": 1,
        "channel": SCOPE,
        "recipient": "ZhangSan",
        "kind": "text",
        "text": text,
        "state": State.PENDING,
        "attempts": 1,
        "created_at": MONDAY,
        "next_at": None,
        "leased_until": MONDAY + timedelta(minutes=2),
    }
    return Letter(**{**options, **given})


async def send(post: Post, one: Letter) -> Outcome:
    """What the client makes of it."""
    return await post.senders[one.channel].send(one)


# --- Bodies ------------------------------------------------------------------------------------


def sample(name: str, kind: str, repo: str) -> Any:
    """A published body of the active API."""
    for one in payloads("wecom_api.json", "samples"):
        found = (one["api"], one["kind"], one["source"]["repo"])
        if found == (f"/cgi-bin/{name}", kind, repo):
            return one["body"]
    raise LookupError(name)


def types_of(body: Any, like: Any) -> Any:
    """The types of what `body` says, where the published body says it too."""
    if isinstance(body, dict) and isinstance(like, dict):
        return {key: types_of(body[key], like[key]) for key in body.keys() & like.keys()}
    return type(body)


def test_a_text_is_like_the_published_one() -> None:
    """The same fields of the same types, nothing the documentation does not know."""
    published = sample("message/send", "request", "wenerme/go-wecom")
    (body,) = bodies_of(letter(), AGENT)
    assert body.keys() <= published.keys()
    assert types_of(body, published) == types_of(published, body)
    published = sample("webhook/send", "request", "wenerme/go-wecom")
    (body,) = webhook_bodies_of(letter())
    assert types_of(body, published) == types_of(published, body)


def test_a_card_is_like_the_published_one() -> None:
    """Every field of ours is one of theirs, with the same type."""
    repo = "fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat"
    published = sample("message/send", "request", repo)
    (body,) = bodies_of(letter(kind="card", title="待办", buttons=BUTTONS), AGENT)
    card = body["template_card"]
    known = published["template_card"].keys() | {"button_list"}
    assert card.keys() <= known
    assert types_of(card, published["template_card"]) == types_of(published["template_card"], card)
    assert [(one["text"], one["key"]) for one in card["button_list"]] == list(BUTTONS)


def test_chinese_goes_out_as_it_is() -> None:
    """Escapes have been refused."""
    (body,) = bodies_of(letter("您好😀"), AGENT)
    assert "您好😀" in encoded(body).decode()


def test_a_retry_is_the_same_to_the_byte_and_a_repeat_is_not() -> None:
    """What the duplicate check compares; its interval stays within the platform's four hours."""
    digests = set()
    for kind in ("text", "card"):
        for number in range(1, 30_000, 997):
            one = letter(id=number, kind=kind, buttons=BUTTONS)
            first, again = (encoded(bodies_of(one, AGENT)[0]) for _ in range(2))
            assert first == again
            digests.add(hashlib.sha256(first).digest())
            interval = json.loads(first)["duplicate_check_interval"]
            assert 1800 <= interval <= 4 * 3600
    assert len(digests) == 2 * len(range(1, 30_000, 997))


def test_a_task_id_is_its_letters_own() -> None:
    """Unique even when a new database counts from one again."""
    later = MONDAY + timedelta(days=1)
    cards = [
        letter(id=number, created_at=at, kind="card", buttons=BUTTONS)
        for number in (1, 2)
        for at in (MONDAY, later)
    ]
    ids = {bodies_of(one, AGENT)[0]["template_card"]["task_id"] for one in cards}
    assert len(ids) == 4


@pytest.mark.parametrize(
    "given",
    [
        {"text": "长" * 161},
        {"title": "长" * 37},
        {"buttons": BUTTONS * 4},
        {"buttons": ()},
        {"buttons": (("很长很长很长很长的按钮名", "x"),)},
        {"buttons": (("通过", ""),)},
        {"buttons": (("通过", "长" * 400),)},
    ],
)
def test_what_is_no_card_goes_in_words(given: dict[str, Any]) -> None:
    """Nothing is cut off: the words say what the buttons would."""
    one = letter(**{"text": "有一件事", "kind": "card", "buttons": BUTTONS, **given})
    bodies = bodies_of(one, AGENT)
    assert {body["msgtype"] for body in bodies} == {"text"}
    said = "".join(body["text"]["content"] for body in bodies)
    assert one.text in said
    assert one.title in said
    assert all(says in said for _label, says in one.buttons)


# --- Sending -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "markdown"])
@pytest.mark.parametrize("channel", [SCOPE, "group"])
async def test_a_long_text_arrives_whole(post: Post, kind: str, channel: str) -> None:
    """In numbered parts; the platform would cut it, or refuse it, without a word to the member."""
    recipient = GROUP if channel == "group" else "zhangsan"
    one = letter(LONG, kind=kind, channel=channel, recipient=recipient)
    assert isinstance(await send(post, one), Sent)
    parts = post.fake.to(KEY if channel == "group" else "zhangsan")
    assert len(parts) > 1
    assert "".join(part.partition("）\n")[2] for part in parts) == LONG


async def test_a_card_with_buttons(post: Post) -> None:
    """As the member sees it; a click will say what the member would have typed."""
    assert isinstance(
        await send(post, letter("党费 3 项", kind="card", title="待办", buttons=BUTTONS)), Sent
    )
    assert post.fake.to("zhangsan") == ["待办\n党费 3 项\n［通过］ ［退回］"]


async def test_a_card_that_is_refused_goes_in_words(post: Post) -> None:
    """Private editions may know no cards of this kind."""
    post.fake.script(42031)
    assert isinstance(await send(post, letter("党费", kind="card", buttons=BUTTONS)), Sent)
    assert post.fake.to("zhangsan") == ["党费\n请回复：“通过 5”、“退回 5”"]


async def test_a_file_arrives_with_its_chinese_name(post: Post) -> None:
    """Uploaded once, whatever the sending comes to; quotes and line ends cannot break the form."""
    content = bytes(range(256)) * 10
    one = letter("", kind="file", file=('十月"名单\r\n.xlsx', content))
    post.fake.script(-1)
    assert isinstance(await send(post, one), Again)
    assert isinstance(await send(post, one), Sent)
    assert post.fake.calls["media/upload"] == 1
    (media,) = post.fake.to("zhangsan")
    assert post.fake.media(media) == ("十月名单.xlsx", content)


@pytest.mark.parametrize("size", [0, 5, 20 * 1024 * 1024 + 1])
async def test_files_the_platform_would_refuse(post: Post, size: int) -> None:
    """They are not even uploaded."""
    found = await send(post, letter("", kind="file", file=("x.txt", b"x" * size)))
    assert isinstance(found, Never)
    assert post.fake.calls["media/upload"] == 0


async def test_groups_get_no_files(post: Post) -> None:
    """And it is said rather than lost."""
    one = letter("", kind="file", file=("x", b"x" * 9), channel="group", recipient=GROUP)
    assert isinstance(await send(post, one), Never)


async def test_partial_failures_are_read_from_the_answer(talk: Rehearsal) -> None:
    """Users are compared without case, whole names only."""
    async with posting(talk, users=frozenset({"zhang"})) as post:
        assert isinstance(await send(post, letter(recipient="ZhangSan")), Never)
        assert isinstance(await send(post, letter(recipient="ZHANG")), Sent)


@pytest.mark.parametrize("body", ["{}", "[]", '{"errmsg":"ok"}', '{"errcode":"0"}', ""])
async def test_an_answer_that_says_nothing_is_not_a_yes(post: Post, body: str) -> None:
    """A proxy's 200 is not the platform's."""

    async def answers(*_given: Any, **_options: Any) -> Any:
        found = json.loads(body) if body else None
        return found if isinstance(found, dict) else Again("?", uncertain=True)

    api = post.senders[SCOPE]
    assert isinstance(api, WecomApi)
    await api._token.get()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post.http, "call", answers)
        assert isinstance(await send(post, letter()), Again)


@pytest.mark.parametrize(
    ("fault", "uncertain"),
    [
        (Fault.SERVER_ERROR, True),
        (Fault.HTML, True),
        (Fault.CUT, True),
        (Fault.LOST, True),
        (-1, False),
    ],
)
async def test_uncertain_is_what_may_have_arrived(
    post: Post, fault: int | Fault, uncertain: bool
) -> None:
    """Once the request was written, only the platform's own no is a no."""
    await post.senders[SCOPE].send(letter())
    post.fake.script(fault)
    found = await send(post, letter("二"))
    assert isinstance(found, Again)
    assert found.uncertain is uncertain


async def test_a_hanging_platform_is_left(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time; it may have taken the message."""
    await send(post, letter())
    session = post.http._session
    assert session is not None
    monkeypatch.setattr(session, "_timeout", type(session.timeout)(total=0.1))
    post.fake.script(Fault.HANG)
    found = await send(post, letter("二"))
    assert found == Again("平台没有答复，可能已经收到", uncertain=True)


# --- Tokens ------------------------------------------------------------------------------------


async def test_one_token_for_all_who_wait(post: Post) -> None:
    """A hundred at once ask for one; it is kept sealed and shared, and another process asks for none."""
    post.fake.latency = 0.01
    found = await asyncio.gather(*(send(post, letter(id=number)) for number in range(30)))
    assert all(isinstance(one, Sent) for one in found)
    assert post.fake.calls["gettoken"] == 1
    assert isinstance(await post.api(post.house.database).send(letter(id=99)), Sent)
    assert post.fake.calls["gettoken"] == 1
    async with post.house.database.reading() as unit:
        (stored,) = await unit.fetch(tables.tokens.select())
    assert stored["name"] == f"wecom:{CORP}:{AGENT}"
    token = next(iter(post.fake._tokens))
    assert token.encode() not in stored["value"]


@pytest.mark.parametrize("code", [40014, 42001, 40001])
async def test_a_rejected_token_is_renewed_once(post: Post, code: int) -> None:
    """Dropped, fetched once for all, the call repeated once, and the new one kept."""
    await send(post, letter())
    post.fake.revoke()
    post.fake.script(code)
    found = await asyncio.gather(*(send(post, letter(id=number)) for number in range(2, 12)))
    assert all(isinstance(one, Sent) for one in found)
    assert post.fake.calls["gettoken"] == 2
    assert len(post.fake.journal) == 11


async def test_no_more_than_once(post: Post) -> None:
    """A platform that takes no token at all is not asked for ever."""
    post.fake.script(42001, 100)
    assert isinstance(await send(post, letter()), Again)
    assert post.fake.calls["message/send"] == 2
    post.fake._faults.clear()
    post.fake.script(40001, 2)
    assert isinstance(await send(post, letter()), Configuration)


async def test_a_token_is_renewed_before_it_ends(post: Post) -> None:
    """Minutes early; the platform has not said no once."""
    await send(post, letter())
    post.clock.forward(seconds=7200 - 299)
    await send(post, letter(id=2))
    assert post.fake.calls["gettoken"] == 2
    assert post.fake.calls["message/send"] == 2


async def test_a_token_that_hardly_lasts_is_used_all_the_same(talk: Rehearsal) -> None:
    """A margin larger than its life would ask for every message."""
    async with posting(talk, token_seconds=60) as post:
        for number in range(5):
            assert isinstance(await send(post, letter(id=number)), Sent)
        assert post.fake.calls["gettoken"] == 1


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT, Fault.HTML, -1, 45009])
async def test_without_a_token_nothing_is_uncertain(post: Post, fault: int | Fault) -> None:
    """The message never left."""
    post.fake.script(fault, 2, call="gettoken")  # aiohttp asks a second time by itself
    found = await send(post, letter())
    assert not isinstance(found, Sent | Never)
    assert not getattr(found, "uncertain", False)
    assert post.fake.calls["message/send"] == 0


async def test_an_untrusted_address_is_a_matter_for_the_operator(post: Post) -> None:
    """60020 at gettoken or at the message, with the address that the platform saw."""
    post.fake.script(60020, call="message/send")
    found = await send(post, letter())
    assert isinstance(found, Configuration)
    assert "203.0.113.7" in found.reason
    assert "企业可信IP" in found.reason


async def test_logs_hold_no_secret(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither tokens nor keys nor what was written, whatever goes wrong."""
    heard = io.StringIO()
    for module in (delivery, token):
        logger = structlog.wrap_logger(structlog.PrintLogger(heard))
        monkeypatch.setattr(module, "log", logger)
    for call in ("gettoken", "message/send", "webhook/send"):
        for fault in (40001, 60020, 93000, Fault.SERVER_ERROR, Fault.CUT, -1):
            post.fake.script(fault, call=call)
    for number in range(8):
        await post.queue(f"u{number}", "不可告人的内容")
        await post.queue(GROUP, "不可告人的内容", channel="group")
    for _ in range(8):
        await post.deliver()
        post.clock.forward(hours=1)
    said = heard.getvalue()
    errors = "".join(row["error"] or "" for row in await post.rows())
    assert "channel_rests" in said
    for word in (SECRET, KEY, "不可告人", *post.fake._tokens, post.base):
        assert word not in said
        assert word not in errors

"""One message and its answer inside a batch's unit: who speaks, what is open, who answers, what is kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.channels.base import Message, joined
from bot.conversation import (
    effect_of,
    next_dialog,
    next_page,
    put_behind,
    with_pages,
    with_reminder,
)
from bot.limits import pages
from handlers import binding, handle, is_current
from handlers.notify import LEAD
from handlers.proven import TOPIC, unfolded
from handlers.reading.normal import normalise
from handlers.reading.places import find_place
from handlers.turn import House, Kind, Outcome, Say, Turn
from storage.chain import ledger_chain
from storage.database import Database
from storage.inbox import message_key
from storage.records import Account, Dialog, Member, Purpose
from storage.store import Store
from storage.usage import Counted

FAILED = "抱歉，这条消息没有处理成功，什么也没有登记。已转请管理员查看，请稍后换个说法再试。"
NOT_DONE = "抱歉，刚才那条没有登记成功，请再发一次。"
ONE_TO_ONE = "已收到。涉及个人的内容，我在单聊里答复您。"

A_BREATH = timedelta(seconds=1)
STRANGERS = (binding.topic.name, TOPIC)

Conversation = tuple[str, str]


def key_of(message: Message) -> bytes:
    """What a message is known by: its channel and conversation, its sender, its id."""
    where = f"{message.channel}/{message.group}" if message.group else message.channel
    return message_key(where, message.user, message.id)


async def load(store: Store, messages: Sequence[Message], now: datetime) -> None:
    """What nearly every turn needs, for the whole batch in a few queries."""
    accounts = {Account(message.scope, message.user) for message in messages}
    await store.members.load_speakers(accounts)
    await store.dialogs.load((message.channel, message.user) for message in messages)
    speakers = [await store.members.speaker(account) for account in accounts]
    members = [member for member in speakers if member is not None]
    await store.activities.load_around(members, now)
    await _count(store, messages, now)
    store.heads.expect(ledger_chain(member.branch_id) for member in members)


async def answered(store: Store, house: House, message: Message, key: bytes, now: datetime) -> str:
    """The answer to one message, with everything that it changed and that must be kept of it."""
    conversation = (message.channel, message.user)
    turn = await _turn(store, house, message, now)
    before = turn.dialog
    turn = turn if message.group else unfolded(turn)
    heard = replace(turn, dialog=None) if _is_aside(turn, message) else turn
    outcome, topic = next_page(heard) or await handle(heard)
    moved, answer = _concluded(turn, outcome, topic, in_group=bool(message.group))
    if moved != before:
        await store.dialogs.put(conversation, moved)
    if message.group:
        answer = await _in_group(turn, outcome, answer)
    if turn.member is not None:
        store.members.used(turn.account, now)
    if message.by_letter and not message.goes_on:
        await send(store, message, await _in_one(store, message, answer), now)
    _keep(store, message, key, turn.member, now, answer=answer, effect=effect_of(turn, outcome))
    return answer


def _is_aside(turn: Turn, message: Message) -> bool:
    """What is said in a group belongs to no open question, unless it was asked in the same breath."""
    if not message.group:
        return False
    dialog = turn.dialog if message.earlier else None
    return dialog is None or turn.now - dialog.updated_at > A_BREATH


async def send(store: Store, message: Message, answer: str, now: datetime) -> None:
    """An answer that does not go back in the response, to where the message was said."""
    way = message.way_back
    is_reachable = bool(message.sender or (way and (way.url or way.group)))
    if answer and is_reachable:
        await store.outbox.send(
            message.channel, message.user, answer, now, way_back=message.way_back
        )


async def _in_one(store: Store, message: Message, answer: str) -> str:
    """The answer, behind those to what was said before in the same breath."""
    keys = [key_of(replace(message, id=number)) for number in message.earlier]
    before = await store.inbox.answers(keys) if keys else {}
    return joined([*(before.get(key, "") for key in keys), answer])


async def kept_failure(
    database: Database, message: Message, key: bytes, now: datetime, error: str
) -> str:
    """Keep what could not be handled, for an administrator, and tell the member plainly."""
    async with database.unit() as unit:
        store = Store(unit)
        member = await store.members.speaker(Account(message.scope, message.user))
        if message.by_letter and not message.goes_on:
            await send(store, message, await _in_one(store, message, FAILED), now)
        _keep(store, message, key, member, now, answer=FAILED, error=error)
    return FAILED


async def _count(store: Store, messages: Sequence[Message], now: datetime) -> None:
    """What the platform counts, and whether it says that its quota is used up."""
    metered = [message for message in messages if message.metered]
    for channel, amount in Counter(message.channel for message in metered).items():
        await store.usage.add(channel, Counted.PUSHES, now, amount)
    for channel in {message.channel for message in metered if message.kind is Kind.WITHHELD}:
        await store.usage.exhaust(channel, now)


async def _turn(store: Store, house: House, message: Message, now: datetime) -> Turn:
    account = Account(message.scope, message.user)
    member = await store.members.speaker(account)
    return Turn(
        now=now,
        house=house,
        store=store,
        account=account,
        channel=message.channel,
        kind=message.kind,
        text=normalise(message.text),
        said=message.text,
        media_id=message.media_id,
        file_name=message.file_name,
        member=member,
        dialog=await _dialog(store, (message.channel, message.user), member, now),
        forgeable=message.forgeable,
    )


async def _dialog(
    store: Store, conversation: Conversation, member: Member | None, now: datetime
) -> Dialog | None:
    """What is open and still waits for an answer of whoever speaks now."""
    dialog = await store.dialogs.of(conversation)
    if member is None and dialog is not None and dialog.topic not in STRANGERS:
        dialog = None  # what somebody began who is no longer bound here
    while dialog is not None and not is_current(dialog.topic, now - dialog.updated_at):
        dialog = dialog.paused
    return dialog


def _concluded(
    turn: Turn, outcome: Outcome, topic: str, *, in_group: bool
) -> tuple[Dialog | None, str]:
    """The dialog after this turn, and the answer cut to what fits; what is said in a group leaves it as it is."""
    moved = next_dialog(turn, outcome, topic)
    text = outcome.text if in_group else with_reminder(turn, outcome.text, moved, topic)
    first, *more = pages(text)
    if in_group and isinstance(outcome, Say) and not more:
        return turn.dialog, first
    return with_pages(turn, put_behind(turn, moved, topic), more), first


async def _in_group(turn: Turn, outcome: Outcome, answer: str) -> str:
    """What a group may hear of it; the rest is said one to one, if there is a way to do that."""
    if outcome.aloud or not answer:
        return outcome.aloud
    words = f"{LEAD}\n\n{answer}"
    await turn.store.outbox.send(turn.channel, turn.account.user, words, turn.now)
    return ONE_TO_ONE


def _keep(
    store: Store,
    message: Message,
    key: bytes,
    member: Member | None,
    now: datetime,
    *,
    answer: str,
    effect: str | None = None,
    error: str | None = None,
) -> None:
    """Remember the message; its words only of somebody who agreed, and never where they are."""
    agreed = member is not None and member.agrees(Purpose.RECORDS)
    if member is not None and not member.agrees(Purpose.PLACE):
        agreed = agreed and find_place(normalise(message.text)) is None
    store.inbox.keep(
        key,
        channel=message.channel,
        sender=message.user,
        message_id=message.id,
        kind=str(message.kind),
        received_at=now,
        text=message.text if agreed and message.kind is not Kind.LOCATION else None,
        answer=answer,
        effect=effect,
        error=error,
    )

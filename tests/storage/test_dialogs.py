"""Open dialogs: one a conversation, surviving a restart."""

from dataclasses import replace

import pytest

from storage import tables
from storage.database import Database
from storage.dialogs import Conversation
from storage.encryption import Keyring
from storage.records import Dialog
from storage.store import Store
from tests.fakes import KEY, MONDAY, Rehearsal

MINE, OTHER_APP, THEIRS = ("wecom.main", "a"), ("wecom.second", "a"), ("wecom.main", "b")
DRAFT = Dialog(
    "report", {"parts": ["敬爱的党组织：", "“引号”"], "media": [["image", "m1"]]}, "", MONDAY
)
ASKED = Dialog("dues", {"answers": {"months": ["2026-10"]}}, "一共多少元？", MONDAY, paused=DRAFT)


async def stored(talk: Rehearsal, conversation: Conversation) -> Dialog | None:
    """The dialog as another process would find it."""
    database = Database(talk.database.url, Keyring([KEY]))
    async with database.unit() as unit:
        found = await Store(unit).dialogs.of(conversation)
    await database.close()
    return found


@pytest.mark.parametrize("dialog", [DRAFT, ASKED, replace(DRAFT, paused=ASKED)])
async def test_a_dialog_survives_a_restart(talk_on: Rehearsal, dialog: Dialog) -> None:
    """Topic, state, prompt, time and everything paused below come back equal."""
    async with talk_on.store() as store:
        await store.dialogs.put(MINE, dialog)
    assert await stored(talk_on, MINE) == dialog


async def test_a_dialog_moves_on_and_closes(talk_on: Rehearsal) -> None:
    """Opened, changed, closed and opened again, within a unit and across units."""
    for dialog in (DRAFT, ASKED, None, None, ASKED):
        async with talk_on.store() as store:
            await store.dialogs.load([MINE])
            await store.dialogs.put(MINE, dialog)
            assert await store.dialogs.of(MINE) == dialog
        assert await stored(talk_on, MINE) == dialog
    async with talk_on.store() as store:
        await store.dialogs.load([MINE])
        for dialog in (None, DRAFT, None, ASKED, DRAFT):
            await store.dialogs.put(MINE, dialog)
    assert await stored(talk_on, MINE) == DRAFT
    assert len(await talk_on.rows(tables.dialogs)) == 1


async def test_conversations_do_not_mix(talk_on: Rehearsal) -> None:
    """Another app of the same person, and another person, have dialogs of their own."""
    async with talk_on.store() as store:
        await store.dialogs.put(MINE, DRAFT)
        await store.dialogs.put(THEIRS, ASKED)
    async with talk_on.store() as store:
        await store.dialogs.load([MINE, OTHER_APP, THEIRS])
        found = [await store.dialogs.of(key) for key in (MINE, OTHER_APP, THEIRS)]
        await store.dialogs.put(THEIRS, None)
    assert found == [DRAFT, None, ASKED]
    assert await stored(talk_on, MINE) == DRAFT
    assert await stored(talk_on, THEIRS) is None

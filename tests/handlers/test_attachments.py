"""Pictures and files with dues and reports: kept in the turn that takes them, shown to who decides."""

import json

import pytest

from handlers.attachments import of_proof
from handlers.turn import Kind
from storage import tables
from storage.media import Fetched, State
from storage.records import RequestKind
from tests.fakes import SCOPE, SECOND, Rehearsal

ZHANG, LI = "张三", "李红梅"


async def come(talk: Rehearsal, *states: State, ending: str = "jpg") -> None:
    """What was sent so far is fetched, in its order, with these results."""
    async with talk.store() as store:
        rows = sorted(await store.unit.select(tables.media), key=lambda row: int(row["id"]))
        for row, state in zip(rows, states, strict=True):
            one = Fetched(row["id"], state, 1, talk.clock.now(), b"\xff\xd8\xff", ending)
            await store.media.settle([one])


async def letters(talk: Rehearsal, who: str = LI) -> list[tuple[str, str, int]]:
    """The files on their way to somebody: kind, name, whose content."""
    rows = sorted(await talk.rows(tables.outbox), key=lambda row: int(row["id"]))
    found = [
        (row["kind"], json.loads(row["extra"] or "{}")) for row in rows if row["recipient"] == who
    ]
    return [(kind, one["file"]["name"], one["media_id"]) for kind, one in found if "file" in one]


async def report(talk: Rehearsal, *kinds: Kind) -> None:
    """张三 hands in a report with these."""
    await talk.says(ZHANG, "思想汇报 这个季度学习了新党章")
    for place, kind in enumerate(kinds):
        await talk.says(ZHANG, "", kind=kind, media=f"m{place}")
    await talk.says(ZHANG, "完成")


async def paid(talk: Rehearsal, said: str = "党费 10月 20元") -> None:
    """张三 declares dues and sends the picture that proves it."""
    await talk.says(ZHANG, said)
    assert "收到截图" in await talk.says(ZHANG, "", kind=Kind.IMAGE, media="m0")


async def test_the_code_is_noted_in_the_turn_that_takes_it(branch: Rehearsal) -> None:
    """With who heard it; what belongs to it names it by its own number."""
    await paid(branch)
    (one,) = await branch.rows(tables.media)
    assert (one["channel"], one["kind"], one["code"]) == ("wecom.main", "image", "m0")
    assert (one["member_id"], one["state"]) == (branch.members[ZHANG], "pending")
    assert [row["proof"] for row in await branch.rows(tables.dues)] == [str(one["id"])]


async def test_a_draft_keeps_at_once(branch: Rehearsal) -> None:
    """Codes do not wait for 完成; the report names what was kept in its order."""
    await branch.says(ZHANG, "思想汇报")
    await branch.says(ZHANG, "", kind=Kind.IMAGE, media="m0")
    assert [row["code"] for row in await branch.rows(tables.media)] == ["m0"]
    await branch.says(ZHANG, "", kind=Kind.VOICE, media="m1")
    await branch.says(ZHANG, "完成")
    (row,) = await branch.rows(tables.reports)
    assert json.loads(row["attachments"]) == [["image", 1], ["voice", 2]]


async def test_what_nobody_takes_is_not_kept(branch: Rehearsal) -> None:
    """A picture out of the blue, and one too many for a draft."""
    await branch.says(ZHANG, "", kind=Kind.IMAGE, media="m")
    assert await branch.rows(tables.media) == []
    await branch.says(ZHANG, "思想汇报")
    for _ in range(30):
        await branch.says(ZHANG, "", kind=Kind.IMAGE, media="m")
    assert "最多 30 个" in await branch.says(ZHANG, "", kind=Kind.IMAGE, media="m")
    assert len(await branch.rows(tables.media)) == 30


async def test_the_secretary_is_given_the_proof(branch: Rehearsal) -> None:
    """One picture for all months, named after them, after the answer; and that is on record."""
    await paid(branch, "党费 8月9月 40元")
    await come(branch, State.KEPT)
    assert await branch.says(LI, "看 1") == (
        "1. 党费　张三　2026年8月、9月 党费 40.00 元\n附件 1 个，随后发给您。"
    )
    assert await letters(branch) == [("image", "张三-2026年8月、9月党费-1.jpg", 1)]
    assert await letters(branch, ZHANG) == []
    trail = {(row["action"], row["object"]) for row in await branch.rows(tables.audit)}
    assert ("read_attachments", "dues:1") in trail


async def test_the_secretary_is_given_what_came_with_a_report(branch: Rehearsal) -> None:
    """A picture as such, the rest as files, and plainly what is not there."""
    await report(branch, Kind.IMAGE, Kind.VOICE, Kind.FILE)
    await come(branch, State.KEPT, State.PENDING, State.LOST)
    shown = await branch.says(LI, "审核 1")
    assert "附件 3 个：1 个随后发给您、1 个正在保存，请过一会儿再看、1 个没有保存下来。" in shown
    assert "学习了新党章" in shown
    assert await letters(branch) == [("image", "张三-2026年第四季度思想汇报-1.jpg", 1)]


async def test_other_files_are_letters_of_their_own_kind(branch: Rehearsal) -> None:
    """By what they are, not by what they were called."""
    await report(branch, Kind.FILE)
    await come(branch, State.KEPT, ending="docx")
    await branch.says(LI, "看 1")
    assert await letters(branch) == [("file", "张三-2026年第四季度思想汇报-1.docx", 1)]


async def test_nothing_is_noted_where_nothing_is_read(branch: Rehearsal) -> None:
    """What is still on its way was read by nobody."""
    await paid(branch)
    assert "附件 1 个：1 个正在保存" in await branch.says(LI, "看 1")
    assert await letters(branch) == []
    actions = {row["action"] for row in await branch.rows(tables.audit)}
    assert "read_attachments" not in actions


@pytest.mark.parametrize("proof", ["photo-1", "3a7dE_x-", "9" * 20, "²"])
async def test_a_platforms_id_of_before_is_lost(branch: Rehearsal, proof: str) -> None:
    """Nothing was kept then, and nothing breaks."""
    await branch.says(ZHANG, "党费 10月 20元")
    async with branch.store() as store:
        await store.unit.change(tables.dues, {"id": 1}, proof=proof)
    assert of_proof(proof) == [None]
    assert "附件 1 个：1 个没有保存下来" in await branch.says(LI, "看 1")
    assert "附件 1 个" in await branch.says(ZHANG, "我的数据")


async def test_a_report_of_before_is_shown(branch: Rehearsal) -> None:
    """Its attachments are platform ids."""
    async with branch.store() as store:
        member, at = branch.members[ZHANG], branch.clock.now()
        number = await store.reports.submit(
            member, 1, period="2026Q4", text="", words=0, attachments='[["image", "x"]]', at=at
        )
        await store.requests.open(RequestKind.REPORT, member, 1, "思想汇报", at, subject_id=number)
    assert "附件 1 个：1 个没有保存下来" in await branch.says(LI, "看 1")


async def test_nobody_is_given_anothers(branch: Rehearsal) -> None:
    """A number that leads to somebody else's picture is as good as lost; another branch sees no request."""
    await paid(branch)
    await branch.member("王五")
    await branch.member("王芳", branch=SECOND, position="书记")
    await come(branch, State.KEPT)
    await branch.says("王五", "党费 10月 20元")
    async with branch.store() as store:
        await store.dues.attach_proof(2, 1)
    assert "没有保存下来" in await branch.says(LI, "看 2")
    assert "没有找到" in await branch.says("王芳", "看 1")
    assert await letters(branch) + await letters(branch, "王芳") == []


async def test_a_member_sees_how_many_there_are(branch: Rehearsal) -> None:
    """With what they belong to, withdrawn or not; and what was sent and not handed in."""
    await report(branch, Kind.IMAGE, Kind.VOICE)
    await paid(branch)
    await branch.says(ZHANG, "撤销")
    await branch.says(ZHANG, "思想汇报")
    await branch.says(ZHANG, "", kind=Kind.IMAGE, media="m9")
    await branch.says(ZHANG, "取消")
    found = await branch.says(ZHANG, "我的数据")
    assert "党费：2026年10月 20.00 元，已撤销，附件 1 个" in found
    assert "等待审阅，附件 2 个" in found
    assert "没有交上的附件：1 个" in found


async def test_a_consent_that_ends_ends_the_fetching(branch: Rehearsal) -> None:
    """Nothing new is kept from then on."""
    await paid(branch)
    await branch.says(ZHANG, "撤回同意")
    (one,) = await branch.rows(tables.media)
    assert (one["state"], one["code"]) == ("lost", None)


async def test_files_wait_behind_nothing(branch: Rehearsal) -> None:
    """A secretary who asks by night is up: what was to wait for the morning goes first."""
    await paid(branch)
    await come(branch, State.KEPT)
    later = branch.clock.now().replace(hour=23)
    async with branch.store() as store:
        await store.outbox.send(SCOPE, LI, "明早再说", branch.clock.now(), not_before=later)
    await branch.says(LI, "看 1")
    assert {row["next_at"] for row in await branch.rows(tables.outbox)} == {None}

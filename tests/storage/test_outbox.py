"""The outbox: what is to be sent."""

from tests.fakes import SCOPE, Rehearsal


async def test_messages_are_numbered_in_order(talk_on: Rehearsal) -> None:
    """Whoever asks for what came after a message gets it oldest first, and no more than asked for."""
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        first = await store.outbox.send(SCOPE, "zhangsan", "一", now)
        for text in ("二", "三", "四"):
            await store.outbox.send(SCOPE, "lisi", text, now)
    async with talk_on.store() as store:
        later = await store.outbox.after(first, limit=2)
    assert [row["text"] for row in later] == ["二", "三"]
    assert later[0]["state"] == "pending"
    assert later[0]["recipient"] == "lisi"

"""Sealing: what opens, and everything that must not."""

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from storage import tables
from storage.encryption import BadKey, Keyring, Unreadable, blind_index, key_id, read_key
from tests.fakes import KEY, Rehearsal

OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring([NEW, OLD])
WHERE = "members.phone|1"


@given(st.text(), st.text())
def test_what_was_sealed_opens_where_it_was(plain: str, bound_to: str) -> None:
    """Any text comes back unchanged, and the same text never makes the same box."""
    sealed = RING.seal(plain, bound_to)
    assert RING.open(sealed, bound_to) == plain
    assert RING.seal(plain, bound_to) != sealed


@given(st.text(), st.text(), st.text())
def test_a_box_opens_nowhere_else(plain: str, here: str, there: str) -> None:
    """Another row, column or table is another binding."""
    sealed = RING.seal(plain, here)
    if here != there:
        with pytest.raises(Unreadable):
            RING.open(sealed, there)


@given(st.text(), st.data())
def test_a_flipped_bit_does_not_open(plain: str, data: st.DataObject) -> None:
    """Wherever a bit is changed: key id, nonce, text or tag."""
    sealed = bytearray(RING.seal(plain, WHERE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        RING.open(bytes(sealed), WHERE)


@given(st.text(), st.data())
def test_a_cut_box_does_not_open(plain: str, data: st.DataObject) -> None:
    """However much of it is missing at the end."""
    sealed = RING.seal(plain, WHERE)
    with pytest.raises(Unreadable):
        RING.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], WHERE)


@given(st.binary(max_size=60))
def test_other_bytes_do_not_open(found: bytes) -> None:
    """Whatever stands in a sealed column, it is unreadable and nothing worse."""
    for start in (b"", key_id(NEW)):
        with pytest.raises(Unreadable):
            RING.open(start + found, WHERE)


def test_the_newest_key_seals_and_every_key_opens() -> None:
    """Rotation: old boxes open, new ones carry the new key's id, a dropped key is named by its id."""
    old = Keyring([OLD]).seal("秘密", WHERE)
    assert RING.open(old, WHERE) == "秘密"
    sealed = RING.seal("秘密", WHERE)
    assert sealed.startswith(key_id(NEW))
    with pytest.raises(Unreadable, match=key_id(NEW).hex()):
        Keyring([OLD]).open(sealed, WHERE)


def test_a_keyring_needs_a_key() -> None:
    """No key is a mistake, not an open door."""
    with pytest.raises(BadKey):
        Keyring([])


@given(st.binary(min_size=32, max_size=32))
def test_a_key_id_tells_nothing_of_the_key(key: bytes) -> None:
    """Four bytes, always the same for a key, and no part of it."""
    assert key_id(key) == key_id(key)
    assert len(key_id(key)) == 4
    assert key_id(key) != key[:4]


@given(st.binary(min_size=32, max_size=32))
def test_a_good_key_is_read(key: bytes) -> None:
    """32 bytes in base64."""
    assert read_key(base64.b64encode(key).decode()) == key


@given(
    st.one_of(
        st.text(min_size=9),
        st.binary(min_size=8)
        .filter(lambda key: len(key) != 32)
        .map(base64.b64encode)
        .map(bytes.decode),
    )
)
def test_a_bad_key_is_refused_without_printing_it(text: str) -> None:
    """The message says what is wrong, and holds no part of what was given."""
    try:
        read_key(text)
    except BadKey as error:
        said = f"{error} {error.__cause__} {error.__suppress_context__}"
        assert not any(text[at : at + 8] in said for at in range(len(text) - 7))
    else:
        assert len(base64.b64decode(text)) == 32


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 字节"),
        (base64.b64encode(b"k" * 31).decode(), "31 字节"),
        (base64.b64encode(b"k" * 33).decode(), "33 字节"),
        ("not base64!", "base64"),
        ("密钥", "base64"),
        (base64.b64encode(b"k" * 32).decode() + "\n", "base64"),
    ],
)
def test_a_bad_key_is_described(text: str, said: str) -> None:
    """Wrong length and wrong writing are told apart."""
    with pytest.raises(BadKey, match=said) as caught:
        read_key(text)
    assert caught.value.__cause__ is None


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_a_blind_index_is_equal_for_equal_values_only(key: bytes, one: str, other: str) -> None:
    """Equality is all it tells: purposes, values and keys keep apart, and 16 bytes is its length."""
    index = blind_index(key, "phone", one)
    assert len(index) == 16
    assert index == blind_index(key, "phone", one)
    assert index != blind_index(key, "binding", one)
    assert index != blind_index(secrets.token_bytes(32), "phone", one)
    assert (index == blind_index(key, "phone", other)) == (one == other)


MOVES = [
    pytest.param({"note": "phone"}, id="to another column"),
    pytest.param({"phone": "phone"}, id="to another row"),
]


@pytest.mark.parametrize("move", MOVES)
async def test_a_box_moved_in_the_database_is_unreadable(
    talk_on: Rehearsal, move: dict[str, str]
) -> None:
    """Copying a sealed value about with SQL shows as soon as it is read."""
    await talk_on.member("张三")
    number = await talk_on.member("李四")
    members = tables.members
    source = 1 if "phone" in move else number
    for target, column in move.items():
        async with talk_on.database.writer.begin() as connection:
            chosen = members.select().where(members.c.id == source)
            box = (await connection.execute(chosen)).mappings().one()[column]
            where = members.c.id == number
            await connection.execute(update(members).where(where).values({target: box}))
    assert await talk_on.rows(members, members.c.id == 1)
    with pytest.raises(Unreadable):
        await talk_on.rows(members, members.c.id == number)


async def test_a_box_moved_to_another_table_is_unreadable(talk_on: Rehearsal) -> None:
    """The same row number in another table is another place."""
    await talk_on.member("张三")
    async with talk_on.store() as store:
        await store.outbox.send("wecom:ww", "lisi", "您好", talk_on.clock.now())
        row = (await store.unit.fetch(tables.members.select()))[0]
        assert row["id"] == 1
        outbox = update(tables.outbox).where(tables.outbox.c.id == 1)
        await store.unit.connection.execute(outbox.values(text=row["phone"]))
    with pytest.raises(Unreadable):
        await talk_on.rows(tables.outbox)


def test_the_tests_key_is_no_key_of_anybody() -> None:
    """What the fakes seal with is 32 bytes as any other."""
    assert read_key(base64.b64encode(KEY).decode()) == KEY

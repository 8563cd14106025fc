"""Members and the platform accounts that speak for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select

from storage import tables
from storage.database import Row, Unit, many
from storage.encryption import blind_index
from storage.recipients import LAST_USED_FIRST, last_used
from storage.records import Account, Member

members, accounts, organisations = tables.members, tables.accounts, tables.organisations
consents, invitations = tables.consents, tables.invitations

MEMBER_COLUMNS = (
    members.c.id,
    members.c.name,
    members.c.branch_id,
    organisations.c.name.label("branch"),
    members.c.category,
    members.c.position,
    # One column, so that a thousand speakers are a thousand rows and not three thousand.
    select(func.aggregate_strings(consents.c.purpose, ","))
    .where(consents.c.member_id == members.c.id, consents.c.withdrawn_at.is_(None))
    .scalar_subquery()
    .label("consents"),
)


PHONES_A_QUERY = 5_000
others = accounts.alias("others")
IS_SECOND = exists().where(
    others.c.member_id == accounts.c.member_id,
    others.c.scope != accounts.c.scope,
    last_used(others) >= last_used(accounts),
)
SPEAKERS = (
    select(accounts.c.scope, accounts.c.user, IS_SECOND.label("is_second"), *MEMBER_COLUMNS)
    .join(members, members.c.id == accounts.c.member_id)
    .join(organisations, organisations.c.id == members.c.branch_id)
    .where(accounts.c.scope.in_(many("scopes")), accounts.c.user.in_(many("users")))
)


class Members:
    """Who people are. What was read stays known for the unit; a change makes it forgotten."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._speakers: dict[Account, Member | None] = {}
        self._second: set[Account] = set()
        self._used: dict[Account, datetime] = {}
        self._by_phone: dict[bytes, Row | None] = {}

    async def load_speakers(self, wanted: Iterable[Account]) -> None:
        """Read the members behind many accounts, with their consents, in one query."""
        missing = [account for account in wanted if account not in self._speakers]
        if not missing:
            return
        self._speakers.update(dict.fromkeys(missing))
        scopes = [*{account.scope for account in missing}]
        users = [account.user for account in missing]
        for row in await self._unit.fetch(SPEAKERS, scopes=scopes, users=users):
            account, is_second = Account(row.pop("scope"), row.pop("user")), row.pop("is_second")
            if account in self._speakers:
                self._speakers[account] = _member(row)
                if is_second:
                    self._second.add(account)

    async def speaker(self, account: Account) -> Member | None:
        """The member this account is bound to."""
        await self.load_speakers([account])
        return self._speakers[account]

    def used(self, account: Account, at: datetime) -> None:
        """From now on its member is written to here; written down, at the end, only where that is news."""
        if account not in self._second:
            return
        self._second.discard(account)
        member = self._speakers.get(account)
        others = [one for one, known in self._speakers.items() if known and known == member]
        self._second.update(one for one in others if one != account)
        self._used[account] = at

    async def finish(self) -> None:
        """Write which accounts were used last."""
        rows = [
            {"scope": account.scope, "user": account.user, "used_at": at}
            for account, at in self._used.items()
        ]
        self._used = {}
        await self._unit.change_many(accounts, ("scope", "user"), rows)

    async def get(self, member_id: int) -> Member:
        """One member by id. Raises LookupError."""
        found = await self._find(members.c.id == member_id)
        return found[0]

    async def of_branch(self, branch_id: int) -> list[Member]:
        """Everybody of a branch, in the order they were entered."""
        return await self._find(members.c.branch_id == branch_id)

    async def tails(self, member_ids: Sequence[int]) -> dict[int, str]:
        """The last four digits of phones, to tell people of one name apart."""
        rows = await self._unit.select(members, members.c.id.in_(member_ids))
        return {row["id"]: row["phone"][-4:] for row in rows}

    async def by_binding(self, name: str, last_four: str) -> list[Member]:
        """Members with this name and these last four digits of their phone."""
        index = self.index("binding", f"{last_four}|{name}")
        return await self._find(members.c.binding_index == index)

    async def load_phones(self, phones: Sequence[str]) -> None:
        """Read the members with these phones, thousands at a time."""
        indexes = [self.index("phone", phone) for phone in phones]
        for start in range(0, len(indexes), PHONES_A_QUERY):
            some = indexes[start : start + PHONES_A_QUERY]
            self._by_phone.update(dict.fromkeys(some))
            rows = await self._unit.select(members, members.c.phone_index.in_(some))
            self._by_phone.update({row["phone_index"]: row for row in rows})

    async def by_phone(self, phone: str) -> Row | None:
        """The whole opened row of the member with this phone."""
        index = self.index("phone", phone)
        if index not in self._by_phone:
            await self.load_phones([phone])
        return self._by_phone[index]

    async def account_of(self, member_id: int) -> Account | None:
        """Where a member can be written to: the account last used."""
        rows = await self._unit.select(
            accounts,
            accounts.c.member_id == member_id,
            order=LAST_USED_FIRST,
            limit=1,
        )
        return Account(rows[0]["scope"], rows[0]["user"]) if rows else None

    async def has_account(self, member_id: int, scope: str) -> bool:
        """Whether some account of this platform already speaks for the member."""
        where = (accounts.c.member_id == member_id, accounts.c.scope == scope)
        return bool(await self._unit.select(accounts, *where))

    async def bound_at(self, account: Account) -> datetime | None:
        """Since when an account speaks for its member."""
        where = (accounts.c.scope == account.scope, accounts.c.user == account.user)
        rows = await self._unit.select(accounts, *where)
        return rows[0]["bound_at"] if rows else None

    async def was_asked(self, member_id: int) -> bool:
        """Whether a member can answer for themselves: has an account, or has agreed to something once."""
        where = consents.c.member_id == member_id
        return bool(
            await self._unit.select(accounts, accounts.c.member_id == member_id, limit=1)
            or await self._unit.select(consents, where, limit=1)
        )

    async def secretaries(self, branch_id: int) -> list[Member]:
        """The secretaries of a branch."""
        return [member for member in await self.of_branch(branch_id) if member.is_secretary]

    async def add(
        self, *, branch_id: int, name: str, phone: str, category: str, at: datetime, **details: Any
    ) -> int:
        """A new member; details are further columns of the table. Their id."""
        number = await self._unit.next_id(members)
        row = {"id": number, "branch_id": branch_id, "name": name, "phone": phone}
        indexes = self._indexes(name, phone)
        self._by_phone.pop(indexes["phone_index"], None)
        given = {**row, **indexes, "category": category, **details}
        self._unit.add(members, **given, created_at=at, updated_at=at, branch_since=at)
        return number

    async def change(self, member_id: int, name: str, phone: str, **values: Any) -> None:
        """Change what is known of a member; the indexes follow name and phone."""
        self._by_phone.clear()
        self._speakers.clear()
        given = {"name": name, "phone": phone, **self._indexes(name, phone), **values}
        await self._unit.change(members, {"id": member_id}, **given)

    def _indexes(self, name: str, phone: str) -> dict[str, bytes]:
        return {
            "phone_index": self.index("phone", phone),
            "binding_index": self.index("binding", f"{phone[-4:]}|{name}"),
        }

    async def bind(self, account: Account, member_id: int, at: datetime) -> None:
        """Let an account speak for a member, instead of whatever account did on that platform."""
        await self._unit.flush()
        await self._unit.connection.execute(
            accounts.delete().where(
                accounts.c.member_id == member_id, accounts.c.scope == account.scope
            )
        )
        self._unit.add(
            accounts, scope=account.scope, user=account.user, member_id=member_id, bound_at=at
        )
        self._speakers.clear()

    async def grant(
        self, member: Member, purposes: Sequence[str], notice: str, at: datetime
    ) -> None:
        """Keep a consent for each purpose not yet agreed to."""
        for purpose in purposes:
            if purpose not in member.consents:
                number = await self._unit.next_id(consents)
                row = {"id": number, "member_id": member.id, "purpose": purpose}
                self._unit.add(consents, **row, notice=notice, granted_at=at, withdrawn_at=None)
        self._speakers.clear()

    async def withdraw(self, member: Member, purposes: Sequence[str], at: datetime) -> None:
        """End the consents in force for these purposes; they stay as history."""
        await self._unit.flush()
        await self._unit.connection.execute(
            consents.update()
            .where(
                consents.c.member_id == member.id,
                consents.c.purpose.in_(purposes),
                consents.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=at)
        )
        self._speakers.clear()

    async def invite(self, member_id: int, code: str, expires_at: datetime) -> None:
        """Let this code bind an account to the member until it expires."""
        index = self.index("invitation", code)
        self._unit.add(invitations, code_index=index, member_id=member_id, expires_at=expires_at)

    async def invited(self, code: str, now: datetime) -> Member | None:
        """The member an unexpired code was given for."""
        index = self.index("invitation", code)
        where = (invitations.c.code_index == index, invitations.c.expires_at > now)
        rows = await self._unit.select(invitations, *where)
        return await self.get(rows[0]["member_id"]) if rows else None

    async def use_invitations(self, member_id: int) -> None:
        """A bound member's codes are void."""
        await self._unit.flush()
        await self._unit.connection.execute(
            invitations.delete().where(invitations.c.member_id == member_id)
        )

    def index(self, purpose: str, value: str) -> bytes:
        """The blind index under which a value is found."""
        return blind_index(self._unit.secrets["index"], purpose, value)

    async def _find(self, *where: Any) -> list[Member]:
        query = (
            select(*MEMBER_COLUMNS)
            .join(organisations, organisations.c.id == members.c.branch_id)
            .where(*where)
            .order_by(members.c.id)
        )
        return [_member(row) for row in await self._unit.fetch(query)]


def _member(row: Row) -> Member:
    agreed = row["consents"].split(",") if row["consents"] else ()
    return Member(**{**row, "consents": frozenset(agreed)})

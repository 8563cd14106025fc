"""Fills the demo's database: the roster directly, the half year by saying it to the bot in fast motion."""

from datetime import date, datetime, timedelta

from bot.app import App
from bot.web.looks import DINGTALK, GROUPS, LOOKS, WECOM, channel_of, user_of
from bot.web.people import COMMITTEE, FIRST, MEMBER, PEOPLE, SECOND, Person
from bot.web.story import ENDS, FORM_FILED, STARTS, Line, mornings, scenes, year_plan
from bot.web.story import GROUP as TO_GROUP
from bot.web.voices import Voices
from handlers.consent import NOTICE_VERSION
from handlers.words import day
from scheduler.activities import is_expected
from scheduler.calendar import month_of
from scheduler.closing import close_activities
from storage import tables
from storage.records import Account, Presence, Purpose
from storage.store import Store

GROUP_CHANNEL = "group"
PROBATION_SINCE = timedelta(days=150)
A_DAY = timedelta(days=1)
CERTIFICATE = "演示〔{year}〕第 {no:04d} 号"
HOSTS = {"张三": "狮山某社区党支部", "郑十": "南山某园区党支部"}


class Sample:
    """One telling; `app` is prepared and not yet serving, its clock before the beginning."""

    def __init__(self, app: App, today: date) -> None:
        self._app = app
        self._today = today
        self._zone = app.settings.zone
        self._scopes = {look: app.channels[channel_of(look)].scope for look in LOOKS}
        self._voices = Voices(app, "sample")
        self._branches: dict[str, int] = {}
        self._members: dict[str, int] = {}

    async def tell(self) -> None:
        """The roster and the year plan, then everything that was said since."""
        async with self._app.database.unit() as unit:
            store = Store(unit)
            await self._enrol(store)
            await self._plan(store)
            await store.finish()
        told = [(scene.at, scene.lines) for scene in scenes(self._today, self._zone)]
        told += [(at, ()) for at in mornings(self._today, self._zone)]
        for at, lines in sorted(told, key=lambda one: one[0]):
            self._app.clock.forward(at - self._app.clock.now())
            await (self._say(lines) if lines else self._app.tick.run(at))
        async with self._app.database.unit() as unit:
            store = Store(unit)
            await self._certify(store)
            await self._count_as_sent(store)
            await store.finish()

    async def _enrol(self, store: Store) -> None:
        above = await store.organisations.ensure(COMMITTEE)
        for branch in (FIRST, SECOND):
            self._branches[branch] = await store.organisations.ensure(branch, above)
        for place, person in enumerate(PEOPLE, 1):
            self._members[person.name] = await self._add(store, person, f"1200000{place:04d}")

    async def _add(self, store: Store, person: Person, phone: str) -> int:
        now = self._app.clock.now()
        number = await store.members.add(
            branch_id=self._branches[person.branch],
            name=person.name,
            phone=phone,
            category=person.category,
            at=now,
            sex=person.sex,
            born_on=person.born_on,
            position=person.position,
            joined_on=person.joined_on or self._today - PROBATION_SINCE,
        )
        if person.user:
            # The one bound last is written to until another is used.
            for look, at in ((DINGTALK, now - A_DAY), (WECOM, now)):
                account = Account(self._scopes[look], user_of(look, person.user))
                await store.members.bind(account, number, at)
            member = await store.members.get(number)
            await store.members.grant(member, list(Purpose), NOTICE_VERSION, now)
        return number

    async def _plan(self, store: Store) -> None:
        for branch in self._branches.values():
            for planned in year_plan(self._today):
                ends_at = datetime.combine(planned.on, ENDS, self._zone)
                await store.activities.plan(
                    branch_id=branch,
                    topic=planned.topic,
                    starts_at=datetime.combine(planned.on, STARTS, self._zone),
                    ends_at=ends_at,
                    place=planned.place,
                    categories=planned.categories,
                    mode=planned.mode,
                    audience="全体党员",
                    code=planned.code,
                    cancelled_at=None,
                    form_filed_at=ends_at + FORM_FILED if planned.on < self._today else None,
                )

    async def _certify(self, store: Store) -> None:
        """Those who are away have a certificate and a branch that takes them in."""
        for name, host in HOSTS.items():
            stint = await store.stints.current(self._members[name])
            if stint is not None:
                certificate = CERTIFICATE.format(year=stint.left_on.year, no=stint.id)
                await store.stints.change(stint.id, certificate=certificate, host_branch=host)

    async def _say(self, lines: tuple[Line, ...]) -> None:
        """Everybody speaks at once; what goes to the group is queued."""
        found = []
        for user, words in lines:
            said = await self._filled(user, words) if "{" in words else words
            if user == TO_GROUP:
                await close_activities(self._app.database, self._app.clock.now(), _nobody)
                await self._announce(said)
            else:
                found.append((user, said))
        await self._voices.say(found)

    async def _filled(self, user: str, words: str) -> str:
        """The words with what only the records know: numbers that wait, the last entry, counts."""
        async with self._app.database.reading() as unit:
            store, branch = Store(unit), self._branches[FIRST]
            if user == TO_GROUP:
                return words.format(**await self._counts(store, branch))
            if user == MEMBER:
                entries = await store.ledger.of_member(self._members["张三"])
                return words.format(entry=entries[0].no)
            waiting = await store.requests.pending(branch)
            return words.format(**{str(one.kind): one.id for one in waiting})

    async def _counts(self, store: Store, branch: int) -> dict[str, object]:
        """What a group may know of the last activity: how many, never who."""
        latest = await store.activities.latest(branch, self._app.clock.now())
        if latest is None:
            raise LookupError("the story counts before its first activity")
        people = await store.members.of_branch(branch)
        states = [one.state for one in await store.activities.attendances(latest.id)]
        on = latest.starts_at.astimezone(self._zone).date()
        this_month = (tables.dues.c.branch_id == branch, tables.dues.c.month == month_of(on))
        paid = await store.unit.select(tables.dues, *this_month)
        return {
            "day": day(on),
            "expected": sum(is_expected(person, latest) for person in people),
            "present": states.count(Presence.PRESENT),
            "remote": states.count(Presence.REMOTE),
            "leave": states.count(Presence.LEAVE),
            "paid": len({row["member_id"] for row in paid}),
        }

    async def _announce(self, text: str) -> None:
        async with self._app.database.unit() as unit:
            for name in GROUPS.values():
                await Store(unit).outbox.send(GROUP_CHANNEL, name, text, self._app.clock.now())

    async def _count_as_sent(self, store: Store) -> None:
        """What was queued in the past was sent in the past."""
        rows = await store.outbox.after(0, limit=10_000)
        sent = [
            {"id": row["id"], "state": "sent", "attempts": 1, "sent_at": row["created_at"]}
            for row in rows
        ]
        await store.unit.change_many(tables.outbox, ("id",), sent)


def _nobody(_line: str) -> None:
    """The demo keeps no log of what was closed."""

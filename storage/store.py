"""Everything a turn may read and write, over one unit of work."""

from storage.absences import Absences
from storage.activities import Activities
from storage.agenda import Agenda
from storage.audit import Audit
from storage.chain import Heads
from storage.contacts import Contacts
from storage.database import Unit
from storage.dialogs import Dialogs
from storage.dues import DuesBook
from storage.duties import Duties
from storage.inbox import Inbox
from storage.ledger import Ledger
from storage.media import Media
from storage.members import Members
from storage.notices import Notices
from storage.organisations import Organisations
from storage.outbox import Outbox
from storage.places import Places
from storage.reports import Reports
from storage.requests import Requests
from storage.responses import Responses
from storage.settlements import Settlements
from storage.stints import Stints
from storage.tries import Tries
from storage.usage import Usage


class Store:
    """One room a noun; all of them write into the same commit."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.heads = Heads(unit)
        self.organisations = Organisations(unit)
        self.members = Members(unit)
        self.activities = Activities(unit)
        self.agenda = Agenda(unit, self.activities)
        self.dues = DuesBook(unit)
        self.reports = Reports(unit)
        self.requests = Requests(unit)
        self.places = Places(unit)
        self.stints = Stints(unit)
        self.ledger = Ledger(unit, self.heads)
        self.audit = Audit(self.heads)
        self.inbox = Inbox(unit)
        self.dialogs = Dialogs(unit)
        self.outbox = Outbox(unit)
        self.absences = Absences(unit)
        self.responses = Responses(unit)
        self.contacts = Contacts(unit)
        self.settlements = Settlements(unit)
        self.duties = Duties(unit)
        self.notices = Notices(unit)
        self.usage = Usage(unit)
        self.tries = Tries(unit)
        self.media = Media(unit)

    async def finish(self) -> None:
        """What must be written last: the heads of the chains that grew, the accounts that were used."""
        await self.heads.store()
        await self.members.finish()
        await self.unit.flush()

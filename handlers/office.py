"""What is begun or done as a secretary holds for one branch, and for as long as the office lasts; pure."""

from collections.abc import Container
from dataclasses import replace

from handlers.topic import Role, Topic
from storage.records import Dialog, Member

ASKED = "还等着您答复的是：\n{prompt}"
LOST = "刚才那件事是以支部书记身份开始的，现在您已不担任该支部的书记，没有办理。请由该支部现任书记、副书记办理。"
NOT_YOURS = "那是以支部书记身份办的，现在您已不担任该支部的书记，不能撤销。要改请联系该支部现任书记、副书记。"
BRANCH = "office"  # in a dialog's state: the branch for which a secretary began it
BEHIND = "behind"  # in a dialog's state: something else was answered since its question
AT = "@"  # in an effect: the branch for which a secretary did it
topics: set[str] = set()


def is_office(topic: Topic) -> bool:
    """Whether every command of a topic is a secretary's."""
    return bool(topic.commands) and all(one.role is Role.SECRETARY for one in topic.commands)


def begun(dialog: Dialog, member: Member | None, others: Container[str] = ()) -> Dialog:
    """The dialog, with the branch for which a secretary began it."""
    if member is None or not member.is_secretary:
        return dialog
    if dialog.topic not in topics and dialog.topic not in others:
        return dialog
    return replace(dialog, state={**dialog.state, BRANCH: member.branch_id})


def is_lost(dialog: Dialog | None, member: Member | None) -> bool:
    """Whether whoever began a dialog as a secretary has that office no more."""
    return (
        dialog is not None and BRANCH in dialog.state and not _holds(member, dialog.state[BRANCH])
    )


def in_office(dialog: Dialog | None, member: Member | None) -> Dialog | None:
    """What is left of the open dialogs without those of a lost office."""
    if dialog is None:
        return None
    paused = in_office(dialog.paused, member)
    if is_lost(dialog, member):
        return paused
    return dialog if paused == dialog.paused else replace(dialog, paused=paused)


def signed(effect: str | None, member: Member | None) -> str | None:
    """An effect, with the branch for which a secretary did it."""
    if effect is None or member is None or effect.partition(":")[0] not in topics:
        return effect
    return f"{effect}{AT}{member.branch_id}"


def unsigned(effect: str) -> str:
    """An effect without the branch."""
    is_signed = effect.partition(":")[0] in topics and AT in effect
    return effect.rpartition(AT)[0] if is_signed else effect


def may_undo(effect: str, member: Member) -> bool:
    """Whether an effect is one's own, or of an office that one still has."""
    if effect.partition(":")[0] not in topics:
        return True
    branch = effect.rpartition(AT)[2]
    return _holds(member, int(branch)) if branch.isdecimal() else member.is_secretary


def _holds(member: Member | None, branch_id: int) -> bool:
    return member is not None and member.is_secretary and member.branch_id == branch_id

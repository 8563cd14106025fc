"""The two apps on each of the demo's phones, and who and where they are on each of the platforms."""

import re

from bot.web.people import GROUP as GROUP_NAME
from bot.web.people import MEMBER, PEOPLE, SECRETARY

APP = "demo"
WECOM, DINGTALK = "wecom", "dingtalk"
LOOKS = (WECOM, DINGTALK)
GROUP = "group"
HOLDERS = {"member": MEMBER, "secretary": SECRETARY}
SCREENS = (*HOLDERS, GROUP)
GROUPS = {WECOM: GROUP_NAME, DINGTALK: f"{GROUP_NAME}（钉钉）"}
CONVERSATION = "cidDemoGroup=="
# What DingTalk calls people: digits that have nothing to do with their ids elsewhere.
STAFF = {one.user: f"01473286{place:02d}" for place, one in enumerate(PEOPLE, 1) if one.user}
NAMES = {STAFF[one.user]: one.name for one in PEOPLE if one.user}
ADDRESSED = re.compile(r"@([0-9]{10})")


def channel_of(look: str) -> str:
    """The name of an app among the bot's channels."""
    return f"{look}.{APP}"


def user_of(look: str, user: str) -> str:
    """The id of somebody on this platform."""
    return STAFF[user] if look == DINGTALK else user


def conversation_of(user: str) -> str:
    """DingTalk's single chat with somebody."""
    return f"cid{user}=="


def with_names(text: str) -> str:
    """Ids behind an @ are shown as names, as DingTalk's own app does."""
    return ADDRESSED.sub(lambda found: f"@{NAMES.get(found[1], found[1])}", text)

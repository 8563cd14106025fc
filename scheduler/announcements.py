"""Words about activities: the invitation, what changed, the group's notice and its thanks. Pure."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from scheduler.activities import named
from scheduler.calendar import span_in_words
from storage.notices import CALLED_OFF, DAY_BEFORE, GROUP_CALLED_OFF, GROUP_MOVED, MOVED, THANKS
from storage.records import TOOK_PART, Activity, Presence

INVITED = "请您参加：{activity}。"
HAS_MOVED = "活动改期：改到{activity}，以前通知的时间作废。{cause}请您参加。"
TOMORROW = "提醒您参加：{activity}。您还没有答复。"
IS_OFF = "活动取消：{activity}不再举行，以前的通知作废，请不用前往。{cause}"
CAUSE = "原因：{cause}。"
ANSWER = "来现场回复“参加”{remote}，不能来回复“请假 原因”。"
ANSWER_REMOTE = "，线上参加回复“线上”"
GROUP_LEAD = "大家好，有一条新的通知，详情请看群里。"
ANSWER_ONLINE = "能参加回复“线上”，不能来回复“请假 原因”。"
TO_GROUP = "【活动通知】{activity}。请大家准时{how}，不能来的请在单独对话里向支部请假。"
TO_GROUP_MOVED = "【活动改期】改到{activity}，以前通知的时间作废，请大家相互转告。"
GROUP_OFF = "【活动取消】{activity}不再举行，请大家相互转告。"
THANK = (
    "【活动结束】{activity}。应到 {expected} 人，实到 {there} 人{remote}，请假 {leave} 人。"
    "感谢大家参加！"
)
BY_REMOTE = "（其中线上 {count} 人）"
END = "。，；！!.,; "


def to_member(rule: str, found: Activity, zone: ZoneInfo) -> str:
    """What one member is told of an activity, and how to answer."""
    words, cause = in_words(found, zone), _cause(found)
    if rule == CALLED_OFF:
        return IS_OFF.format(activity=words, cause=cause)
    said = {DAY_BEFORE: TOMORROW, MOVED: HAS_MOVED}.get(rule, INVITED)
    answer = ANSWER.format(remote=ANSWER_REMOTE if found.is_remote else "")
    if found.is_online_only:
        answer = ANSWER_ONLINE
    return said.format(activity=words, cause=cause) + answer


def to_group(rule: str, found: Activity, counts: Mapping[str, int], zone: ZoneInfo) -> str:
    """A notice for everybody: no names, no causes, and counts instead of who."""
    words = in_words(found, zone)
    if rule == THANKS:
        return f"{GROUP_LEAD}\n\n{_thanks(words, counts)}"
    said = {GROUP_CALLED_OFF: GROUP_OFF, GROUP_MOVED: TO_GROUP_MOVED}.get(rule, TO_GROUP)
    how = "线上参加" if found.is_online_only else "参加"
    return f"{GROUP_LEAD}\n\n{said.format(activity=words, how=how)}"


def in_words(found: Activity, zone: ZoneInfo) -> str:
    """'“主题党日”（10月5日 周一 09:00–11:00，一楼会议室）'."""
    begins, ends = (one.astimezone(zone) for one in (found.starts_at, found.ends_at))
    return named(found, span_in_words(begins, ends))


def _cause(found: Activity) -> str:
    cause = found.cause.strip(END)
    return CAUSE.format(cause=cause) if cause else ""


def _thanks(words: str, counts: Mapping[str, int]) -> str:
    far = counts.get(Presence.REMOTE, 0)
    return THANK.format(
        activity=words,
        expected=counts.get("expected", 0),
        there=sum(counts.get(state, 0) for state in TOOK_PART),
        remote=BY_REMOTE.format(count=far) if far else "",
        leave=counts.get(Presence.LEAVE, 0),
    )

"""Whether the categories of an activity balance: study with something beside it (AD-6). Pure."""

import re
from collections.abc import Iterable

STUDY = {"学习教育", "集中学习", "理论学习", "政治学习", "主题教育", "专题学习", "学习", "党课"}
# A lecture is study and one of the meetings of 三会一课: it counts as either, not as both at once.
EITHER = {"党课"}
NO_SUBSTITUTE = {"例会", "工作例会", "工作会议", "工作部署", "业务学习", "业务培训"}
SERVICE = {"为民服务", "志愿服务", "义务劳动", "社区服务"}

NOTHING = "还没有写内容类别，请写明，例如：学习教育、民主议事。"
NO_STUDY = "活动日以学习为主，请加上“学习教育”。"
ONLY_SERVICE = "不能只以志愿服务代替党日活动，请加上“学习教育”。"
ONLY_MEETING = (
    "不能以例会或者业务学习代替党日活动，请加上“学习教育”和民主议事、为民服务等其中一项。"
)
ONLY_STUDY = "不能只有学习，请再安排一项，例如：组织生活会、民主议事、为民服务。"


def content_balance(categories: str | Iterable[str]) -> str:
    """'' when study stands with another item, else the sentence that says what is missing.

    `categories` as an activity keeps them, '学习教育、民主议事', or one by one. What is not known counts as
    another item: a branch may choose its own. Sources: clause AD-6; 池州《实施意见》三.
    """
    given = re.split(r"[、,，;；\s]+", categories) if isinstance(categories, str) else categories
    found = {one.strip() for one in given} - {""}
    study, substitutes = found & STUDY, found & NO_SUBSTITUTE
    others = found - STUDY - substitutes
    if not found:
        return NOTHING
    if not study:
        return ONLY_MEETING if not others else ONLY_SERVICE if others <= SERVICE else NO_STUDY
    if others or (study & EITHER and len(study) > 1):
        return ""
    return ONLY_STUDY

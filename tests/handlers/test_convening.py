"""A secretary calls, moves and calls off activities, as lists of (who, says, gets)."""

import pytest

from storage import tables
from tests.fakes import Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

NEW = "发起活动 学习二十大精神 12月5日9点到11点 一楼会议室"

CONVERSATIONS: dict[str, list[Line]] = {
    "an activity is called step by step": [
        (LI, "发起活动", "主题是什么"),
        (LI, "学习 Party 章程", "哪天开展 … 固定活动日 12月5日 请回复“1”"),
        (LI, "昨天", "10月11日已经过了 … 哪天开展"),
        (LI, "2月30日", "没有“2月30日”这一天 … 哪天开展"),
        (LI, "怎么又来", "没有听明白"),
        (LI, "1", "几点开始、几点结束"),
        (LI, "11点到9点", "结束要晚于开始"),
        (LI, "上午9点到11点", "在哪里开展"),
        (LI, "上一步", "几点开始"),
        (LI, "下午2点半", "在哪里开展"),
        (LI, "一楼会议室", "1. 学习教育 … 8. 党务公开"),
        (LI, "学习教育、唱歌", "没有看懂“唱歌” … 1. 学习教育"),
        (LI, "1", "怎么参加"),
        (LI, "都可以", "请哪些人参加"),
        (
            LI,
            "积极分子也请",
            "学习 Party 章程 … 2026年12月5日（星期六）14:30–16:30 … 一楼会议室 … 现场+线上"
            " … 全体党员、积极分子 … 不能只有学习",
        ),
        (LI, "上一步", "请哪些人参加"),
        (LI, "1", "范围：全体党员"),
        (LI, "确认", "已安排“学习 Party 章程”（12月5日 14:30，一楼会议室） … 签到码 … 3 位同志"),
        (LI, "活动", "以后：“学习 Party 章程”"),
        (LI, "撤销", "已撤销“学习 Party 章程”"),
        (LI, "活动名单 12月5日", "重温入党誓词"),
    ],
    "one line fills most of it": [
        (LI, NEW, "内容有哪几项"),
        (LI, "1、4", "怎么参加"),
        (LI, "现场", "请哪些人参加"),
        (LI, "跳过", "学习二十大精神 … 12月5日（星期六）09:00–11:00 … 一楼会议室 … 全体党员"),
        (LI, "12月6日下午2点", "12月6日（星期日）14:00–16:00 … 固定活动日是12月5日"),
        (LI, "12月5日", "12月5日（星期六）14:00–16:00"),
        (LI, "1", "已安排“学习二十大精神”（12月5日 14:00"),
    ],
    "a holiday and a clash are named and forbid nothing": [
        (LI, "发起活动 参观纪念馆 明年1月1日 9点 现场", "在哪里开展"),
        (LI, "跳过", "内容"),
        (LI, "志愿服务", "请哪些人"),
        (LI, "1", "1月1日是元旦假期 … 请加上“学习教育”"),
        (LI, "11月5日10点到12点", "同一时间支部已有“十一月主题党日”"),
        (LI, "11月5日9点", "同一时间支部已有"),
        (LI, "确认", "换一个时间"),
        (LI, "11月6日9点", "11月6日"),
        (LI, "确认", "已安排“参观纪念馆”"),
    ],
    "nothing is called by a question, nor by a member": [
        (LI, "发起活动怎么弄", "按提示填写"),
        (ZHANG, "发起活动", "没有听明白"),
        (LI, "发起活动 12月5日9点 学习党章", "在哪里"),
        (LI, "取消", "已取消，没有登记"),
        (LI, NEW, "内容"),
        (LI, "1、4", "怎么参加"),
        (LI, "1", "请哪些人"),
        (LI, "1", "请核对"),
        (LI, "不要", "没有安排"),
    ],
    "a past day in the first line is asked again": [
        (LI, "发起活动 学党章 10月1日9点", "10月1日已经过了 … 哪天开展"),
        (LI, "今天8点", "已经过了 … 几点开始"),
    ],
    "an answered activity is not simply taken back": [
        (LI, "发起活动 学党章 10月15日9点到11点 会议室 线上", "内容"),
        (LI, "学习教育、民主议事", "请哪些人"),
        (LI, "1", "请核对"),
        (LI, "确认", "随后通知应参加的 3 位同志"),
        (ZHANG, "参加 10月15日", "您线上参加“学党章”"),
        (LI, "撤销", "已经有同志答复了"),
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(branch, CONVERSATIONS[name])

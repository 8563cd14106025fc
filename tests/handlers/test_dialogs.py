"""Whole conversations as lists of (who, says, gets); `gets` are words that the answer must hold."""

import pytest

from handlers.turn import Kind
from storage import tables
from tests.fakes import SECOND, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

CONVERSATIONS: dict[str, list[Line]] = {
    "check in, twice, and take it back": [
        (ZHANG, "签到", "签到成功 … 重温入党誓词 … 迟到 30 分钟 … 确认 1"),
        (ZHANG, "签到", "您已于 10月12日 09:30 现场签到，不用重复"),
        (ZHANG, "撤销", "已撤销"),
        (ZHANG, "撤销", "您已经撤销了"),
        (ZHANG, "签到 4271", "签到成功"),
    ],
    "a wrong code checks nobody in": [
        (ZHANG, "签到 9999", "签到码 9999 … 没有登记"),
        (ZHANG, "我的签到", "还没有您的签到记录"),
    ],
    "remote check-in keeps the words": [
        (ZHANG, "远程签到", "请写几句学习心得"),
        (ZHANG, "学习了新党章，体会很深", "远程签到成功 … 学习心得 11 字"),
        (ZHANG, "我的签到", "远程参加"),
    ],
    "a doubtful check-in is asked": [
        (ZHANG, "我到了", "您是要现在签到吗"),
        (ZHANG, "1", "签到成功"),
    ],
    "a doubtful check-in is refused": [
        (ZHANG, "我到了", "您是要现在签到吗"),
        (ZHANG, "不是", "没有登记"),
        (ZHANG, "我的签到", "还没有"),
    ],
    "place by words, ambiguous, chosen by number": [
        (ZHANG, "我到苏州工业园区了", "江苏省苏州市苏州工业园区 … 10月12日 … 撤销"),
        (ZHANG, "我到朝阳区了", "1. 北京市朝阳区"),
        (ZHANG, "1", "已登记您现在的所在地：北京市朝阳区"),
        (ZHANG, "撤销", "已撤销所在地 北京市朝阳区"),
    ],
    "place asked for": [
        (ZHANG, "位置", "请告诉我您现在在哪里"),
        (ZHANG, "昆山", "江苏省苏州市昆山市"),
    ],
    "dues in one sentence, with proof and a second try": [
        (ZHANG, "党费 10月 20元", "已登记 2026年10月 党费 20.00 元 … 第 1 号"),
        (ZHANG, "交了10月党费20元", "已经登记过（等待支部确认）"),
        (LI, "通过 1", "已确认 张三 2026年10月 党费 20.00 元"),
        (ZHANG, "党费 10月 25元", "已经登记过（已确认）"),
        (ZHANG, "撤销", "支部已经处理，不能撤销"),
        (ZHANG, "我的党费", "10月　20.00 元　已确认"),
    ],
    "dues step by step, back and skip": [
        (ZHANG, "交党费", "哪个月"),
        (ZHANG, "跳过", "这一项需要填写 … 哪个月"),
        (ZHANG, "13月", "没有“13月”"),
        (ZHANG, "三季度", "多少元"),
        (ZHANG, "上一步", "哪个月"),
        (ZHANG, "八月九月", "多少元"),
        (ZHANG, "十来块", "确切的数字"),
        (ZHANG, "每月20", "截图 … 跳过"),
        (ZHANG, "跳过", "2026年8月、9月 党费 40.00 元（每月 20.00 元）"),
    ],
    "dues that cannot be": [
        (ZHANG, "党费 10月 0元", "大于 0"),
        (ZHANG, "党费 10月 -20元", "大于 0"),
        (ZHANG, "党费10月200000元", "不超过 5000 元"),
        (ZHANG, "党费13月20元", "没有“13月”"),
        (ZHANG, "取消", "已取消"),
        (ZHANG, "三季度党费50元", "除不尽"),
        (ZHANG, "每月20元", "截图"),
        (ZHANG, "取消", "已取消"),
        (ZHANG, "我的党费", "还没有登记"),
    ],
    "a dialog is left with 取消": [
        (ZHANG, "交党费", "哪个月"),
        (ZHANG, "取消", "已取消，没有登记"),
        (ZHANG, "取消", "现在没有正在填写的事项"),
        (ZHANG, "上一步", "现在没有正在填写的事项"),
    ],
    "a thought report over several messages, with a check-in between": [
        (ZHANG, "思想汇报", "请写思想汇报"),
        (ZHANG, "完成", "还没有内容"),
        (ZHANG, "这个季度我认真学习。", "草稿共 10 字"),
        (ZHANG, "签到", "签到成功 … 还没填完"),
        (ZHANG, "还参加了志愿服务，党费按时交了。", "草稿共 26 字"),
        (ZHANG, "多写了一段", "草稿共 31 字"),
        (ZHANG, "上一步", "已去掉最后一段 … 26 字"),
        (ZHANG, "预览", "这个季度我认真学习。\n还参加了志愿服务"),
        (ZHANG, "完成", "2026年第四季度，共 26 字"),
        (LI, "审核", "思想汇报　张三"),
        (LI, "看 1", "还参加了志愿服务"),
        (LI, "退回 1", "退回的原因"),
        (LI, "请写得再具体一些", "已退回 张三 的思想汇报"),
        (ZHANG, "撤销", "书记已经处理"),
    ],
    "leave, decided": [
        (ZHANG, "请假", "原因是什么"),
        (ZHANG, "孩子发烧", "已提交请假 … 重温入党誓词 … 孩子发烧 … 第 1 号"),
        (ZHANG, "请假，加班", "已经请过假（等待批准）"),
        (LI, "通过1", "已同意 张三 请假"),
        (LI, "活动名单", "请假：张三"),
        (ZHANG, "签到", "签到成功"),
        (LI, "活动名单", "已签到：张三"),
    ],
    "leave for the next activity, taken back": [
        (ZHANG, "下次活动请假，要出差", "十一月主题党日"),
        (ZHANG, "撤销", "已撤销请假"),
        (LI, "待办", "现在没有等您处理"),
    ],
    "a whole act is heard where free words were asked for": [
        (ZHANG, "求助", "遇到了什么困难"),
        (ZHANG, "党费 10月 20元", "已登记 2026年10月 党费 … 还没填完：请问遇到了什么困难"),
        (ZHANG, "请假", "原因是什么"),
        (ZHANG, "签到 4271", "签到成功 … 刚才的“求助”还没填完：请问遇到了什么困难"),
        (ZHANG, "取消", "已取消"),
        (ZHANG, "取消", "现在没有正在填写的事项"),
    ],
    "a draft lets a whole act through and goes on": [
        (ZHANG, "思想汇报 近期学习了新党章", "草稿共 8 字"),
        (ZHANG, "党费 8月 20元", "已登记 2026年8月 … 思想汇报可以接着发"),
        (ZHANG, "求助 想转组织关系", "已转给支部书记 … 思想汇报可以接着发"),
        (ZHANG, "党费我按时交了，10月份认真学习", "草稿共 24 字"),
        (ZHANG, "完成", "共 24 字"),
    ],
    "a reason for leave is not a report": [
        (ZHANG, "请假", "原因是什么"),
        (ZHANG, "思想汇报 近期学习了新党章", "草稿共 8 字"),
        (ZHANG, "完成", "已交给支部书记 … 还没填完：请问请假的原因"),
        (ZHANG, "不请了", "已取消"),
    ],
    "算了 leaves a dialog, and takes nothing back": [
        (ZHANG, "请假", "原因是什么"),
        (ZHANG, "算了", "已取消"),
        (ZHANG, "党费 10月 20元", "已登记"),
        (ZHANG, "算了", "现在没有正在填写的事项 … 撤销"),
        (ZHANG, "我的党费", "10月　20.00 元　等待支部确认"),
    ],
    "leave after a check-in may be for the next activity": [
        (ZHANG, "签到", "签到成功"),
        (ZHANG, "请假 加班", "要为“十一月主题党日” … 对吗"),
        (ZHANG, "1", "已提交请假：“十一月主题党日”"),
        (ZHANG, "请假", "已经请过假（等待批准）"),
        (ZHANG, "请假 10月12日 发烧", "您已经签到参加了“重温入党誓词”"),
    ],
    "each thing waits for its own decision": [
        (ZHANG, "请假 孩子发烧", "等待支部书记批准（第 1 号）"),
        (ZHANG, "思想汇报 近期学习了新党章", "草稿"),
        (ZHANG, "完成", "第 2 号"),
        (ZHANG, "思想汇报多久写一次", "等待审阅"),
        (LI, "通过 2", "已审阅"),
        (ZHANG, "我的数据", "请假：孩子发烧，等待批准 … 字，已审阅"),
    ],
    "words are kept as they were written": [
        (ZHANG, "求助：<表格>打不开", "第 1 号"),
        (LI, "审核", "求助 … <表格>打不开"),
    ],
    "own records, confirmed and disputed": [
        (ZHANG, "我的记录", "还没有您的记录"),
        (ZHANG, "签到", "第 1 条"),
        (ZHANG, "我的", "流动党员活动证 · 张三 … 【组织生活】 … 待核对"),
        (ZHANG, "确认 1", "第 1 条已核对"),
        (ZHANG, "确认1", "已经核对过"),
        (ZHANG, "有误 1", "哪里有误"),
        (ZHANG, "我没有迟到", "已标为有异议：我没有迟到 … 第 1 号"),
        (ZHANG, "我的", "有异议"),
        (ZHANG, "确认 7", "没有找到您的第 7 条"),
        (LI, "审核", "异议　张三　对记实档案第 1 条有异议：我没有迟到"),
        (LI, "通过 1 已核对，按您说的更正", "已更正张三记实档案第 1 条 … 的签到已取消"),
    ],
    "help and suggestions are followed to an answer": [
        (ZHANG, "求助", "遇到了什么困难"),
        (ZHANG, "孩子转学找不到人", "已转给支部书记（第 1 号）"),
        (ZHANG, "意见 活动放在周末", "意见已转给支部书记（第 2 号）"),
        (LI, "待办", "求助　张三　孩子转学找不到人 … 意见　张三　活动放在周末"),
        (LI, "通过 1 已联系教育局", "已答复 张三"),
        (ZHANG, "撤销", "已撤销第 2 号"),
        (ZHANG, "求助怎么用", "第 1 号　求助　已答复"),
    ],
    "a stint is opened with the pledge and closed": [
        (ZHANG, "12月1日去苏州打工", "工作单位"),
        (ZHANG, "新区电子厂", "怎么联系"),
        (ZHANG, "13912345678", "预计哪天回来"),
        (
            ZHANG,
            "明年2月10日",
            "原因：打工 … 2026年12月1日 … 江苏省苏州市 … 新区电子厂 … 2027年2月10日 … 双向承诺",
        ),
        (ZHANG, "1", "已登记外出"),
        (ZHANG, "外出", "您正在外出"),
        (ZHANG, "我回来了", "确认已经回来"),
        (ZHANG, "是的", "欢迎回来"),
        (ZHANG, "撤销", "外出登记继续有效"),
        (ZHANG, "我回来了", "确认已经回来"),
        (ZHANG, "不是", "没有登记"),
    ],
    "nothing to come back from": [(ZHANG, "我回来了", "没有您正在外出的登记")],
    "consent is withdrawn, by purpose and altogether": [
        (ZHANG, "撤回同意 所在地", "已撤回同意：所在地"),
        (ZHANG, "我到苏州工业园区了", "还没有同意登记所在地"),
        (ZHANG, "同意 所在地", "已记下您的同意：所在地"),
        (ZHANG, "我到苏州工业园区了", "已登记"),
        (ZHANG, "怎么撤回同意？", "现在没有改动"),
        (ZHANG, "撤回同意", "已撤回全部同意"),
        (ZHANG, "签到", "全部同意请回复“同意”"),
        (ZHANG, "我的数据", "同意的用途：无"),
        (ZHANG, "同意 2", "不同意第 1 项"),
        (ZHANG, "同意 1", "已记下您的同意：组织生活"),
        (ZHANG, "签到", "签到成功"),
    ],
    "a secretary settles a whole kind": [
        (ZHANG, "党费 9月 20元", "第 1 号"),
        (LI, "党费 9月 30元", "第 2 号"),
        (LI, "全部通过", "请写明哪一类"),
        (LI, "全部通过 党费", "已通过 2 件党费"),
        (LI, "全部通过 党费", "现在没有等您处理的党费"),
        (LI, "审核 请假", "现在没有等您处理的请假"),
        (LI, "通过", "请写上序号"),
        (LI, "通过 9", "没有找到第 9 号"),
        (LI, "退回 1 金额不对", "第 1 号已经处理过了"),
    ],
    "a secretary enters for a member without a phone": [
        (LI, "代录", "请这样写"),
        (LI, "代录 李大山", "要为李大山代录什么"),
        (LI, "代录 李大山 签到", "【代录 李大山】签到成功 … 由您代录"),
        (LI, "代录 李大山 签到", "李大山已于 … 不用重复签到"),
        (LI, "撤销", "已撤销"),
        (LI, "代录 李大山 党费 10月 20元", "【代录 李大山】已登记"),
        (LI, "代录李大山请假 住院", "已提交请假"),
        (LI, "代录 李大山 位置 江苏省苏州市", "江苏省苏州市"),
        (LI, "代录 李大山 去苏州了吗", "没有登记"),
        (LI, "代录 赵六 签到", "没有找到“赵六”"),
        (LI, "代录 李红梅 签到", "不用代录"),
    ],
    "a member has none of a secretary's commands": [
        (ZHANG, "待办", "没有听明白"),
        (ZHANG, "通过 1", "没有听明白"),
        (ZHANG, "代录 李大山 签到", "由本人来做"),
        (ZHANG, "活动名单", "没有听明白"),
        (ZHANG, "活动", "回复“签到”即可"),
    ],
    "a secretary decides on nothing as somebody else": [
        (LI, "党费 10月 20元", "第 1 号"),
        (LI, "代录 李大山 通过 1", "代录要一次写全"),
        (LI, "代录 李大山 同意", "代录要一次写全"),
        (LI, "代录 李大山 撤销", "代录要一次写全"),
        (LI, "代录 李大山 代录 张三 签到", "没有登记"),
        (ZHANG, "撤回同意", "已撤回全部同意"),
        (LI, "代录 张三 签到", "不能代录"),
    ],
    "同意 and 不同意 are about consent only where they say so": [
        (ZHANG, "不同意星期六开会", "没有听明白"),
        (ZHANG, "不同意", "撤回同意请直接回复“撤回同意” … 没有改动"),
        (ZHANG, "党费 10月 20元", "第 1 号"),
        (LI, "不同意 1 金额不对", "已退回 张三"),
        (ZHANG, "党费 10月 25元", "第 2 号"),
        (LI, "同意 2", "已确认 张三"),
    ],
    "numbers in a secretary's words are words": [
        (ZHANG, "求助 组织关系怎么转", "第 1 号"),
        (ZHANG, "党费 10月 20元", "第 2 号"),
        (LI, "通过 1 2号上午来支部办理", "已答复 张三（第 1 号）"),
        (ZHANG, "我的党费", "等待支部确认"),
        (LI, "退回2金额不对", "已退回 张三"),
        (LI, "通过 99999999999999999999", "没有找到"),
    ],
    "a reason that is a command is heard as one": [
        (ZHANG, "党费 10月 20元", "第 1 号"),
        (LI, "退回 1", "原因是什么"),
        (LI, "通过 1", "已确认 张三"),
    ],
    "what a correction or a calling off means": [
        (ZHANG, "党费 10月 20元", "第 1 号"),
        (ZHANG, "不对 应该是10块", "先回复“撤销”"),
        (ZHANG, "写错了，是25", "已登记 2026年10月 党费 20.00 元 … 现在没有改动"),
        (ZHANG, "请假 孩子发烧", "已提交请假"),
        (ZHANG, "取消请假", "已撤销请假"),
        (ZHANG, "签到", "签到成功"),
        (ZHANG, "我没签到啊", "记录里您已于 10月12日 09:30 现场签到"),
        (ZHANG, "取消签到", "已撤销"),
        (ZHANG, "取消签到", "没有可以撤销的签到登记"),
    ],
    "a leave comes back with an undone check-in": [
        (ZHANG, "请假 孩子发烧", "第 1 号"),
        (LI, "通过 1", "已同意 张三 请假"),
        (ZHANG, "签到", "签到成功 … 请假已随签到取消"),
        (ZHANG, "撤销", "批准的请假恢复有效"),
        (LI, "活动名单", "请假 1 人"),
        (ZHANG, "取消请假", "已撤销请假"),
        (LI, "活动名单", "请假 0 人"),
    ],
    "one line, one act, and what was left is said": [
        (
            ZHANG,
            "我到江苏苏州了，顺便签到，党费10月20元也交了",
            "签到成功 … 您还说了“我到江苏苏州了”“党费10月20元也交了”",
        ),
        (ZHANG, "签到。另外孩子上学的事想请支部帮忙", "您是要现在签到吗"),
        (ZHANG, "党费 9月 二十", "我理解为：登记 2026年9月 党费 20.00 元"),
        (ZHANG, "不同意", "没有登记"),
    ],
    "a stint asks for what it needs": [
        (ZHANG, "外出", "原因"),
        (ZHANG, "下周一", "这像是日期"),
        (ZHANG, "不对，是下周二", "上一步"),
        (ZHANG, "带孙子", "哪天出发"),
        (ZHANG, "1月31日", "去哪里"),
        (ZHANG, "上海浦东", "工作单位"),
        (ZHANG, "不知道", "怎么联系"),
        (ZHANG, "三个月吧", "没有看出电话号码"),
        (ZHANG, "跳过", "预计哪天回来"),
        (ZHANG, "一个月", "原因：带孙子 … 2027年2月28日"),
        (ZHANG, "不同意", "没有登记"),
    ],
    "what was handed in can be looked up, also inside a dialog": [
        (ZHANG, "请假 孩子发烧", "第 1 号"),
        (ZHANG, "求助", "遇到了什么困难"),
        (ZHANG, "我的请假", "第 1 号 … 等待批准"),
        (ZHANG, "我的思想汇报", "没有您提交过的"),
        (ZHANG, "我的求助", "没有您提交过的"),
    ],
    "undoing says what is true": [
        (ZHANG, "撤销", "没有可以撤销的登记"),
        (ZHANG, "签到", "第 1 条"),
        (ZHANG, "有误 1 我没有到场", "第 1 号"),
        (LI, "通过 1", "签到已取消"),
        (ZHANG, "撤销", "签到已经更正或取消，没有可以撤销的了"),
        (LI, "联系 张三", "已请张三"),
        (LI, "撤销联系", "已撤销2026年10月12日与张三的联系。问题已经发给张三，他答复了仍会登记"),
        (LI, "撤销免办", "没有可以撤销的免办登记"),
        (ZHANG, "取消", "已取消"),
        (ZHANG, "求助 孩子转学的手续不知道找谁办", "第 2 号"),
        (LI, "通过 2 已联系学校", "已答复"),
        (ZHANG, "撤销", "第 2 号已经处理，不能撤销"),
    ],
    "what was undone by kind is what was meant": [
        (LI, "签到", "签到成功"),
        (LI, "代录 李大山 签到", "【代录 李大山】签到成功"),
        (LI, "撤销签到", "【代录 李大山】已撤销"),
        (LI, "我的签到", "现场参加"),
        (ZHANG, "签到", "签到成功"),
        (ZHANG, "我到了", "您是要现在签到吗"),
        (ZHANG, "撤销签到", "已撤销“重温入党誓词”"),
        (ZHANG, "我的签到", "还没有"),
    ],
    "a refusal may be thought better of": [
        (ZHANG, "党费 9月 20元", "第 1 号"),
        (ZHANG, "党费 10月 20元", "第 2 号"),
        (LI, "退回 1 2", "第 1、2 号退回的原因"),
        (LI, "不退了", "没有退回"),
        (LI, "退回 1 2", "第 1、2 号"),
        (LI, "金额不对", "已退回 张三 2026年9月 … 已退回 张三 2026年10月"),
    ],
    "a return lies after the departure": [
        (ZHANG, "12月1日去苏州打工", "单位"),
        (ZHANG, "跳过", "联系"),
        (ZHANG, "跳过", "预计哪天回来"),
        (ZHANG, "11月1日", "返回日期要在出发以后"),
        (ZHANG, "99999年", "预计哪天回来"),
        (ZHANG, "半个月", "预计哪天回来"),
        (ZHANG, "半年", "2027年6月1日"),
    ],
    "an entry is disputed once": [
        (ZHANG, "党费 9月 20元", "第 1 号"),
        (LI, "通过 1", "已确认"),
        (ZHANG, "有误 1 是25元", "第 2 号"),
        (ZHANG, "有误 1 真的是25元", "已经提出过异议（第 2 号）"),
        (LI, "通过 2", "可以重新登记"),
        (ZHANG, "党费 9月 25元", "第 3 号"),
        (LI, "通过 3", "已确认"),
        (ZHANG, "有误 1 还是不对", "已经更正过"),
        (ZHANG, "我的党费", "9月　25.00 元　已确认"),
    ],
    "a leave that proved wrong excuses nobody": [
        (ZHANG, "请假 孩子发烧", "第 1 号"),
        (LI, "通过 1", "已同意"),
        (ZHANG, "有误 1 我没有请假", "第 2 号"),
        (LI, "通过 2", "的请假已取消"),
        (LI, "活动名单", "请假 0 人"),
        (ZHANG, "我的", "还没有您的记录"),
    ],
    "letters steer a dialog too": [
        (ZHANG, "请假", "原因是什么"),
        (ZHANG, "quxiao", "已取消"),
        (ZHANG, "取消", "现在没有正在填写的事项"),
    ],
    "what a secretary enters tells why not, and what is left": [
        (LI, "代录 李大山 签到，党费 10月 20元", "签到成功 … 李大山还说了“党费"),
        (LI, "代录 李大山 签到 9999", "签到码 9999 与现在的活动对不上"),
        (LI, "代录 李大山 党费 2020年10月 20元", "已超过两年"),
        (LI, "代录 李红梅 签到", "直接写就可以"),
    ],
    "a secretary asks for the code and a member cannot": [
        (LI, "签到码", "签到码：4271"),
        (ZHANG, "签到码", "在活动现场公布"),
    ],
    "a dispute upheld lets the right thing be recorded": [
        (ZHANG, "党费 9月 20元", "第 1 号"),
        (LI, "通过 1", "已确认"),
        (ZHANG, "有误 1 是25元", "有异议：是25元 … 第 2 号"),
        (LI, "通过 2", "已更正张三记实档案第 1 条 … 可以重新登记"),
        (ZHANG, "党费 9月 25元", "已登记 2026年9月 党费 25.00 元"),
    ],
    "the same place twice a day is once on record": [
        (ZHANG, "我到苏州工业园区了", "第 1 条"),
        (ZHANG, "我在苏州工业园区上班呢", "今天已经登记过"),
        (ZHANG, "撤销", "现在没有登记的所在地"),
    ],
    "what nobody understands gets three likely things": [
        (ZHANG, "今天天气真好", "没有听明白，什么也没有登记 … · … 帮助"),
        (ZHANG, "你好", "张三同志您好"),
        (ZHANG, "🙂", "不客气"),
        (ZHANG, "谢谢书记", "不客气"),
        (ZHANG, "在吗", "在的，请说"),
        (ZHANG, "老板拖欠工资怎么办", "要把“老板拖欠工资怎么办”转给支部书记吗"),
        (ZHANG, "1", "已转给支部书记"),
        (LI, "帮助", "书记还可以 … 代录"),
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(branch, CONVERSATIONS[name])


async def test_several_open_activities_are_asked_by_number(branch: Rehearsal) -> None:
    """With two activities open, the number from the list decides; a code needs no question."""
    await branch.activity("志愿服务", starts=on(2026, 10, 12, 9, 20), code="8888")
    await hold(
        branch, [(ZHANG, "签到", "现在有 2 场 … 1. … 2. “志愿服务”"), (ZHANG, "第二个", "志愿服务")]
    )
    await hold(branch, [(LI, "签到 8888", "志愿服务")])


async def test_no_open_activity_tells_the_next(branch: Rehearsal) -> None:
    """Before, after and between activities nobody is checked in, and the next one is named."""
    branch.clock.forward(hours=3)
    await hold(
        branch, [(ZHANG, "签到", "重温入党誓词 … 已于 10月12日 11:30 结束 … 十一月主题党日")]
    )
    branch.clock.forward(days=2)
    await hold(branch, [(ZHANG, "签到", "现在没有可以签到的活动 … 11月5日")])


async def test_a_location_message_is_a_place_and_offers_the_check_in(branch: Rehearsal) -> None:
    """The label becomes a district; the open activity is offered; a label without a place is not kept."""
    answer = await branch.says(ZHANG, "江苏省苏州市虎丘区狮山路1号", kind=Kind.LOCATION)
    assert "江苏省苏州市虎丘区" in answer
    assert "狮山路" not in answer
    assert "签到吗" in answer
    assert "签到成功" in await branch.says(ZHANG, "1")
    assert "没有带地名" in await branch.says(ZHANG, "位置信息", kind=Kind.LOCATION)
    assert "江苏省苏州市昆山市" in await branch.says(ZHANG, "昆山")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.IMAGE, "不知道用来做什么"),
        (Kind.VOICE, "没有听出文字"),
        (Kind.VIDEO, "处理不了视频"),
        (Kind.LINK, "打不开链接"),
        (Kind.CARD, "卡片已经失效"),
        (Kind.UNKNOWN, "看不懂这种消息"),
        (Kind.ENTERED, "张三同志您好"),
    ],
)
async def test_other_kinds_are_politely_answered(branch: Rehearsal, kind: Kind, words: str) -> None:
    """Every kind of message gets a sentence that says what to do."""
    assert words in await branch.says(ZHANG, "", kind=kind)


async def test_silent_events_get_no_answer(branch: Rehearsal) -> None:
    """Events that nobody typed are kept and not answered."""
    assert await branch.says(ZHANG, "", kind=Kind.SILENT) == ""


async def test_a_report_takes_pictures_and_voice(branch: Rehearsal) -> None:
    """Attachments are counted and handed in; a link is not taken."""
    await branch.says(ZHANG, "思想汇报")
    assert "附件 1 个" in await branch.says(ZHANG, "", kind=Kind.IMAGE, media="pic1")
    assert "附件 2 个" in await branch.says(ZHANG, "", kind=Kind.VOICE, media="voice1")
    assert "没有收下" in await branch.says(ZHANG, "", kind=Kind.LINK)
    assert "附件 2 个" in await branch.says(ZHANG, "完成")
    shown = await branch.says(LI, "看 1")
    assert "附件 2 个" in shown
    assert "没有文字" in shown


async def test_a_picture_after_dues_is_their_proof(branch: Rehearsal) -> None:
    """A picture right after the record belongs to it, also when asked for."""
    await branch.says(ZHANG, "党费 10月 20元")
    assert "收到截图，作为第 1 号的凭证" in await branch.says(
        ZHANG, "", kind=Kind.IMAGE, media="pic1"
    )
    await branch.says(ZHANG, "交党费")
    await branch.says(ZHANG, "9月")
    await branch.says(ZHANG, "20元")
    assert "已登记 2026年9月" in await branch.says(ZHANG, "", kind=Kind.IMAGE, media="pic2")


async def test_another_branch_is_out_of_sight(branch: Rehearsal) -> None:
    """Another branch's secretary finds neither requests nor members nor activities of this one."""
    await branch.member("王芳", branch=SECOND, position="书记")
    await hold(
        branch,
        [
            (ZHANG, "党费 9月 20元", "第 1 号"),
            ("王芳", "审核", "现在没有等您处理"),
            ("王芳", "看 1", "没有找到第 1 号"),
            ("王芳", "通过 1", "没有找到第 1 号"),
            ("王芳", "退回 1 不对", "没有找到第 1 号"),
            ("王芳", "代录 张三 签到", "没有找到“张三”"),
            ("王芳", "邀请码 张三", "没有找到“张三”"),
            ("王芳", "签到 4271", "现在没有可以签到的活动"),
            (LI, "审核", "张三"),
        ],
    )


async def test_own_matters_go_to_another_secretary_where_there_is_one(branch: Rehearsal) -> None:
    """A secretary does not decide on their own dues while somebody else can."""
    await branch.member("周建国", position="副书记")
    await hold(
        branch,
        [
            (LI, "党费 9月 30元", "第 1 号"),
            (LI, "通过 1", "您本人的事项"),
            ("周建国", "通过 1", "已确认 李红梅"),
        ],
    )


async def test_the_member_hears_of_the_decision(branch: Rehearsal) -> None:
    """A decision names its matter, below a first line without a political word; the reason is read back."""
    await hold(
        branch,
        [
            (ZHANG, "党费 9月 20元", "第 1 号"),
            (ZHANG, "请假 11月5日 孩子发烧", "第 2 号"),
            (ZHANG, "求助 孩子转学的手续不知道找谁办", "第 3 号"),
            (LI, "退回 1 金额不对", "已退回 … 已转告本人：金额不对"),
            (LI, "通过 2", "已同意 张三 请假：“十一月主题党日”（11月5日"),
            (LI, "通过 3 请找王老师", "已转告本人：请找王老师"),
        ],
    )
    queued = [row["text"] for row in await branch.rows(tables.outbox) if row["recipient"] == ZHANG]
    assert all(text.startswith("您好，有一条给您的答复，详情请看本对话。\n\n") for text in queued)
    assert [text.partition("\n\n")[2] for text in queued] == [
        "您登记的 2026年9月 党费 20.00 元被退回（第 1 号），原因：金额不对",
        "您的请假已同意（第 2 号）：“十一月主题党日”（11月5日 09:00，一楼会议室）。",
        "您的求助“孩子转学的手续不知道找谁办”有了答复（第 3 号）：请找王老师",
    ]


async def test_long_answers_come_in_pages(branch: Rehearsal) -> None:
    """What does not fit in one passive reply follows on 更多."""
    await branch.says(ZHANG, "思想汇报")
    await branch.says(ZHANG, "学习体会。" * 300)
    first = await branch.says(ZHANG, "预览")
    assert len(first.encode()) <= 2048
    assert "更多" in first
    second = await branch.says(ZHANG, "更多")
    assert "学习体会" in second
    assert "1500 字" in await branch.says(ZHANG, "完成")


@pytest.mark.parametrize("opening", ["求助", "请假", "远程签到", "外出", "思想汇报"])
async def test_a_street_is_kept_nowhere(branch: Rehearsal, opening: str) -> None:
    """A location in the middle of a dialog is a place, cut down to its district, and no free text."""
    await branch.says(ZHANG, opening)
    answer = await branch.says(ZHANG, "江苏省苏州市姑苏区人民路999号3幢502室", kind=Kind.LOCATION)
    assert "江苏省苏州市姑苏区" in answer
    for table in (tables.inbox, tables.dialogs, tables.requests, tables.leaves, tables.places):
        assert "人民路" not in str(await branch.rows(table))


async def test_an_old_registration_is_named_before_it_is_undone(branch: Rehearsal) -> None:
    """Half an hour later 撤销 asks first, and says what it would take back."""
    await branch.says(ZHANG, "党费 10月 20元")
    branch.clock.forward(hours=1)
    await hold(
        branch,
        [
            (ZHANG, "撤销", "10月12日 09:30 登记的 … 已登记 2026年10月 党费 … 要撤销它吗"),
            (ZHANG, "不是", "没有撤销"),
            (ZHANG, "撤销", "要撤销它吗"),
            (ZHANG, "1", "已撤销 2026年10月 党费的登记"),
        ],
    )


async def test_a_secretary_adds_somebody_to_what_is_just_over(branch: Rehearsal) -> None:
    """补登: for as long as the record form is due, by the secretary and by nobody else."""
    branch.clock.forward(days=1)
    await hold(
        branch,
        [
            (ZHANG, "签到", "的签到已于 10月12日 11:30 结束 … 请联系支部书记补登"),
            (LI, "代录 李大山 签到", "【代录 李大山】签到成功：“重温入党誓词”"),
        ],
    )


async def test_questions_are_forgotten_and_drafts_are_not(branch: Rehearsal) -> None:
    """Two hours later a yes is no answer to anything; a report is still being written."""
    await hold(branch, [(ZHANG, "我到了", "要现在签到吗")])
    branch.clock.forward(hours=3)
    assert "签到成功" not in await branch.says(ZHANG, "1")
    await hold(branch, [(ZHANG, "思想汇报 近期学习了新党章", "草稿共 8 字")])
    branch.clock.forward(days=2)
    await hold(
        branch,
        [
            (ZHANG, "我到苏州工业园区了", "已登记您现在的所在地"),
            (ZHANG, "还学习了二十大精神", "草稿共 17 字"),
        ],
    )


async def test_a_draft_ends_with_its_binding(branch: Rehearsal) -> None:
    """Whoever takes over an account finds nothing of what was begun on it, and undoes nothing."""
    await branch.member("赵敏", account=False)
    await hold(branch, [(ZHANG, "党费 10月 20元", "已登记"), (ZHANG, "思想汇报 心里话", "草稿")])
    branch.clock.forward(minutes=1)
    code = (await branch.says(LI, "邀请码 张三")).split("：")[1][:8]
    await branch.says("新号", f"绑定 {code}")
    assert "绑定成功" in await branch.says("新号", "同意")
    code = (await branch.says(LI, "邀请码 赵敏")).split("：")[1][:8]
    await branch.says(ZHANG, f"绑定 {code}")
    await hold(
        branch,
        [
            (ZHANG, "同意", "绑定成功"),
            (ZHANG, "预览", "没有听明白"),
            (ZHANG, "撤销", "没有可以撤销的登记"),
        ],
    )


async def test_a_choice_is_good_while_the_activity_is(branch: Rehearsal) -> None:
    """The number of a list is looked up among what is still open."""
    await branch.activity("志愿服务", starts=on(2026, 10, 12, 9, 20), code="8888")
    await hold(branch, [(ZHANG, "签到", "现在有 2 场")])
    branch.clock.forward(minutes=115)
    await hold(branch, [(ZHANG, "1", "签到成功：“重温入党誓词”"), (LI, "签到", "现在有 2 场")])
    branch.clock.forward(minutes=30)
    assert "签到成功" not in await branch.says(LI, "1")

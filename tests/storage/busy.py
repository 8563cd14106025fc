"""A busy morning in two branches: every chained table gets rows, in one branch more than in the other."""

from tests.fakes import FIRST, SECOND, Rehearsal

MORNING = (
    ("张三", "签到"),
    ("李四", "签到"),
    ("张三", "党费 10月 20元"),
    ("李四", "请假 孩子发烧"),
    ("张三", "我到苏州工业园区了"),
    ("书记", "通过 1"),
    ("张三", "撤销"),
    ("张三", "我到苏州工业园区了"),
    ("李四", "我到江苏省苏州市昆山市了"),
    ("张三", "确认 1"),
    ("李四", "确认 2"),
    ("张三", "有误 4 金额不对"),
    ("张三", "确认 6"),
    ("王五", "签到"),
    ("王五", "确认 1"),
    ("书记", "邀请码 张三"),
    ("张三", "我的数据"),
    ("王五", "我的数据"),
)


async def busy(talk: Rehearsal) -> None:
    """Let the morning happen."""
    await talk.member("张三")
    await talk.member("李四")
    await talk.member("书记", position="支部书记")
    await talk.member("王五", branch=SECOND)
    for branch in (FIRST, SECOND):
        await talk.activity(branch=branch)
    for who, text in MORNING:
        talk.clock.forward(seconds=7)
        await talk.says(who, text)

"""What the bot can do, who it is, and what it says when it does not understand."""

from handlers import replies
from handlers.reading.reply import IDENTITY, is_nod
from handlers.reading.words import bare, says_only
from handlers.topic import Heard, Topic
from handlers.turn import Outcome, Say, Turn

MEMBER = """我可以帮您（直接说就行）：
· 签到：“签到”；在外地“远程签到 学习心得”
· 答复邀请：“参加”“线上”；请假：“请假 孩子发烧”
· 党费：“党费 10月 20元”
· 思想汇报：“思想汇报”，写完“完成”
· 所在地：“我到苏州工业园区了”
· 外出、返回：“外出”“我回来了”
· 说说近况：“近况 在苏州上班，身体都好”
· 查自己的：“我的记录”“我的党费”“我的签到”
· 为什么提醒我：“为什么”
· 找书记：“求助 内容”“意见 内容”
写错了回复“撤销”；填到一半可回复“上一步”“跳过”“取消”。"""
SECRETARY = """书记还可以：
· “待办”：等您处理和要办的事，逾期的在前
· “办结 3 说明”“免办 3 原因”
· “联系 张三 近况很好”；只写“联系 张三”，我来问他
· “党费关账 10月”：关账后只提醒没登记的
· “通过 5”“退回 5 原因”“全部通过 党费”
· “发起活动”“改期 12月8日”“取消活动 原因”
· “活动名单”：谁签到、答复、请假、缺席
· “记录表”：填好的记录表；报出后“已上报”
· “代录 李大山 签到”：为不用手机的同志登记
· “邀请码 李大山”：请他绑定账号"""
WHO_WE_ARE = (
    "我是“双联”，{organisation}联系流动党员的小助手，是程序，不是真人，不会向您要钱。"
    "您说的由本支部书记看，不公开，不想说的可以不说；不放心请打支部电话核实。"
)
GREETING = "{name}同志您好。"
ALOUD = "在群里@我，可以说“签到”“活动”；其他的事请在单聊里跟我说。"
ONLY_WORDS_ALOUD = "群里我只看得懂文字；语音、图片、视频和文件请在单聊里发给我。"
UNKNOWN_ALOUD = (
    "没有听明白，什么也没有登记。在群里可以对我说“签到”“活动”；其他的事请在单聊里跟我说。"
)
UNKNOWN = "没有听明白，什么也没有登记。您是想：\n{likely}\n回复“帮助”可看全部功能。"
EXAMPLE = "· {text}"
WELCOME = "不客气，有事随时说。"
HERE = "在的，请说。不知道怎么说可以回复“帮助”。"
NO_VOICE = (
    "这条语音我没有听出文字，没有登记。请打字发给我，例如“签到”。写思想汇报时可以发语音作附件。"
)
NO_PICTURE = (
    "图片收到了，但不知道用来做什么，没有保存。请先说明，例如“党费 10月 20元”，登记后再发截图。"
)
NO_VIDEO = "抱歉，我处理不了视频，没有保存。请打字告诉我。"
NO_LINK = "抱歉，我打不开链接，没有保存。请打字告诉我。"
NO_CARD = "这张卡片已经失效，没有登记。请直接打字告诉我，例如“签到”。"
NO_FILE = "文件收到了，但这里不收文件，没有保存。请打字告诉我；写思想汇报时可以发文件作附件。"
NAMELESS = "平台没有告诉我您是本单位的哪位同志，所以什么也没有登记。请确认您在本单位的通讯录里；没有问题的，请管理员检查应用是否已发布。"
WITHHELD = "本单位这个月的消息额度用完了，平台没有把您说的内容给我，什么也没有登记。请改为直接联系支部书记，并告诉管理员。"
NO_KIND = "抱歉，我看不懂这种消息，没有保存。请打字告诉我，例如“签到”，或回复“帮助”。"

WORDS = frozenset("帮助 help 菜单 功能 使用说明 说明 怎么用".split())

THERE = frozenset("在 在吗 在不在 在么 有人吗".split())

topic = Topic("help", "帮助")


@topic.reads(lambda _turn, text: is_nod(text))
async def thanked(turn: Turn, heard: Heard) -> Outcome:
    """Thanks, 收到, a picture face: what is still wanted, or nothing."""
    del heard
    return Say(await replies.to_nod(turn) or WELCOME, aloud=WELCOME)


@topic.reads(lambda _turn, text: bool(IDENTITY.search(text)))
async def introduced(turn: Turn, heard: Heard) -> Outcome:
    """Who asks, why, and who will read it."""
    del heard
    said = WHO_WE_ARE.format(organisation=turn.house.organisation)
    return Say(said, aloud=said)


@topic.reads(lambda _turn, text: bare(text) in THERE)
async def greeted(turn: Turn, heard: Heard) -> Outcome:
    """Somebody asks whether anybody is there."""
    del turn, heard
    return Say(HERE, aloud=HERE)


@topic.says(
    "帮助", "help", "菜单", "功能", "使用说明", "怎么用", "你能干啥", "你能做什么", "?", "？"
)
@topic.mentions(
    "使用说明",
    "有哪些功能",
    "都有哪些功能",
    "这个怎么用",
    "怎么用啊",
    "你能干",
    "能做什么",
)
@topic.reads(lambda _turn, text: says_only(text, WORDS))
async def show(turn: Turn, heard: Heard) -> Outcome:
    """Everything that can be said, a greeting first where one was given."""
    del heard
    text = f"{GREETING.format(name=turn.speaker.name)}{MEMBER}"
    return Say(f"{text}\n\n{SECRETARY}" if turn.speaker.is_secretary else text, aloud=ALOUD)


def not_understood(examples: list[str]) -> Outcome:
    """The three likeliest things."""
    likely = "\n".join(EXAMPLE.format(text=text) for text in examples)
    return Say(UNKNOWN.format(likely=likely), aloud=UNKNOWN_ALOUD)

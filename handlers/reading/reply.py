"""What a short line answers to a notice: a nod, a question, a doubt, bad news. Nothing here is ever recorded."""

import re
from enum import StrEnum

from handlers.reading.speech import asks
from handlers.reading.words import bare, says_only

LONGEST = 30
LONGEST_EXCUSE = 10
NODS = tuple(
    "谢谢 谢谢您 谢谢你 谢谢你们 多谢 感谢 感恩 辛苦 辛苦了 您辛苦了 好 好的 好嘞 行 嗯 嗯嗯 哦 收到 已收到 收悉 看到 看到了 已阅 知道 知道了 "
    "知道啦 晓得了 明白 明白了 了解 了解了 清楚了 ok 中 要得 好滴 okk 再见 拜拜 晚安 没事 没事了 不用了 没有了 没了 谢谢书记 书记 "
    "可以 没问题 记着 记着呢 记住了 记下了 没忘 同祝".split()
)
FINE = frozenset("好 行 可以 没问题 没事 没有了".split())
BESIDE = tuple(
    "通知 提醒 关心 祝福 关怀 大家 党 你们 您们 各位 对 请放心 放心 很 非常 太 感动 十分 到".split()
)
NODDING = re.compile(
    f"(?:[我俺]?(?:都|已经?)?(?:{'|'.join(sorted(NODS, key=len, reverse=True))}|噢|喔)[啊呀啦哈吧哦的了嘞]*)+"
)
POLITELY = re.compile("谢|感恩|感动|辛苦|收到|知道|晓得|明白|再见|看到|没忘|记[着住下]|没问题")
VOW = re.compile("不忘初心|牢记使命|跟党走|听党话|为人民服务|党恩|还记得我")

DEATH = re.compile(
    "(?:去|过|离|逝|辞)世|病逝|病故|已故|牺牲|丧事|奔丧|人没了|(?<![我家里儿])不在了|"
    "(?:老人|老伴|同志|爸|妈|爹|娘|父亲|母亲|爷爷|奶奶|岳[父母]|公公|婆婆|外[公婆]|姥[姥爷]|丈夫|妻子|爱人)(?:昨天|上周|上个?月|前几天|刚|已经)?(?:走了|没了)"
)
ILLNESS = re.compile(
    "住院|出院|癌|肿瘤|手术|车祸|骨折|摔[断伤]|重病|病重|病危|病了|生病|中风|偏瘫|瘫痪|化疗"
)

ONLINE_HOW = re.compile("会议号|腾讯会议|链接|房间号|线上怎么|直播在哪")
ONLINE = re.compile(
    "线上|线下|视频|网上|直播|手机(?:上|能|可以)|远程|国外|在家里?参加|在外[地面]|外地|太远|(?:不在|离)(?:家|本地)|回不[来去]"
)
WHEN = (
    "几点|几时|什么时[候间]|啥时|何时|哪[天日一]|星期几|周几|礼拜几|几号|时间|上午(?:还是|吗)|下午吗|中午.{0,4}[回完]|多久|多长|"
    "(?:是|就)(?:今天|明天|后天|周|星期|[0-9]{1,2}[点号])|明天.*开会|改时间|改了|改到"
)
WHERE = (
    "在哪|去哪|到哪|哪[里儿]|地[点址方]|什么地方|会议室|几楼|集合|老地方|[在去](?:村|镇|社区|支)部"
)
WHAT = "是(?:学习|开会|上?党课)吗|[讲学干做开搞](?:什么|啥)|学习(?:什么|啥)|(?:什么|啥)(?:活动|会|内容|主题)|主题|内容|做什么"
WHO = "谁.{0,3}(?:参加|去)|(?:哪些|什么|多少|几个)人|都有谁|(?:全体|所有人|大家)都?.{0,2}参加|[都得必须要]{1,3}得?去|(?:积极分子|预备党员?|退休|流动党员).*(?:去|参加)"
STILL = "还.{0,2}[开去办]|不[开去].{0,3}(?:吧|了)|取消|不用去"
FACT = re.compile(f"{WHEN}|{WHERE}|{WHAT}|{WHO}|{STILL}")
ASKS_SHORTLY = re.compile("(?<![过好十没])几|吧[。.!]*$|发给?我|发一?下$")
NOUNS = re.compile("(?:具体|活动|开会)?(?:时间|地点|地址|地方)+(?:呢|在哪|发我?|发一?下|发我一下)?")
WHY = re.compile(
    "为[什啥何]|怎么又|下雨|下雪|改天|换.{0,2}(?:时间|天)|再改|会不会|会.{0,2}(?:扣|处分|批评)|不改|补"
)
CANNOT = re.compile(
    "没(?:空|时间|工夫)|(?:去|来|走|抽|脱)不|不(?:能|想|用)?[去来]|有事|上班|值班|加班|出差|医院|复查|不舒服|走不动|腿脚|带孙|带娃|不放人|不方便|不在家|不行|请不下|必须|临时"
)
UNSURE = re.compile(
    "[来去]的$|能[来去]就|到时|再[说看]|尽量|争取|不一定|看情况|[不没]确定|[说定]不[好准了]|可能|应该|大概|有空就|没事就|不下雨就|晚点(?![到来去])|过[一两几]天|看看|看.{1,4}忙|等通知|回复你|问问"
)
ANSWERED = re.compile(
    "(?:要|用)回复|(?:回复|答复|报名|说)(?:过|了)|还要回复|要不要再|不是说|报过名"
)

DUES = re.compile(
    "交|转(?!走|正|到)|扣|收据|发票|账号|收款|欠|多少钱|退休|收入|工资|下岗|没钱|农民|学生|登记错|怎么算"
)
PAID_UP_TO = re.compile("欠|几月|哪个?月|哪几个月|记录")
REPORT = re.compile(
    "写|字|交|范文|模板|格式|手写|打印|拍照|语音|口头|稿|发(?:到|给)|截止|最晚|期限|提交|能不能下|晚几天"
)
ABSENT = re.compile(
    "(?:去|来|到|在)(?:了|的|过)|[在到]场|错了|没去|签(?!字)|请.{0,3}假|跟书记|缺席|搞错|弄错|不对|参加的$|没.{0,4}通知|不知道|处分|忘|下次一定"
)
SORRY = re.compile("不好意思|对不起|抱歉|下次一定|忘了")
HANDED_IN = re.compile("交[过了]|写好了")
BIRTHDAY = re.compile("政治生日|入党|日期|[哪今]天|不对|算错|错了")
WELL = re.compile(
    "(?:没有?|无)(?:什么|啥|得)?困难|(?:都|一切|挺|身体|家里)(?:都|很|还|挺|也)?(?:好(?!了)|平安|顺利)|老样子"
)
OFFICE = re.compile(
    "办|条|弄|处理|提醒|发了|少发|书记|归我|负责|开过|开展|报上|交了|交过|延期|下周|忙|几件|怎么|这么多"
)
OF_SOMEBODY = re.compile("^(?:他|她|这个?人|这位)")

IDENTITY = re.compile(
    "你(?:是|哪)?(?:谁|哪位|什么人)|哪位|^(?:是|让|叫)?谁.{0,2}[问看]|谁让|^谁[啊呀]|^这(?:个)?是(?:什么|啥|谁|真)|你们是|问这|为什么问|骗子|诈骗|是骗|机器人|真人|告诉别人|有用吗|谁看"
)
LATER = re.compile(
    "^(?:我?(?:现在|正|在|有点|这会儿?)+忙)|忙着|等下|^我?(?:现在|正|在)*开车[呢中]?(?:$|[,。!])|[等待过]一?会|晚点|晚些|(?:晚上|明天|改天|回头)(?:再|回|说)|没空|没时间|一会儿?[说回再]|(?:下班|有空)再|在开会|开会[呢中]"
)


class News(StrEnum):
    """Bad news that deserves a sentence before anything else."""

    DEATH = "death"
    ILLNESS = "illness"


def is_courtesy(text: str) -> bool:
    """Thanks, 收到, a picture face, with polite words around them."""
    said = bare(text)
    if not said or NODDING.fullmatch(said):
        return True
    if is_question(text) or len(said) > LONGEST:
        return False
    return bool(POLITELY.search(said)) and says_only(text, (*NODS, *BESIDE))


def is_nod(text: str) -> bool:
    """A courtesy, or a vow of loyalty."""
    is_vow = VOW.search(text) and len(bare(text)) <= LONGEST and not is_question(text)
    return bool(is_vow) or is_courtesy(text)


def is_receipt(text: str) -> bool:
    """A nod that says nothing of how somebody is: 收到; 都好，谢谢 does."""
    return is_nod(text) and not WELL.search(text) and bare(text) not in FINE


def bad_news(text: str) -> News | None:
    """Whether somebody died or is ill."""
    if DEATH.search(text):
        return News.DEATH
    return News.ILLNESS if ILLNESS.search(text) else None


def is_question(text: str) -> bool:
    """Whether a line asks; 星期几 and 明天是吧 do, too."""
    return asks(text) or bool(ASKS_SHORTLY.search(text))


def asks_facts(text: str) -> bool:
    """Whether a line asks when, where, what or for whom an activity is."""
    return bool(FACT.search(text) and is_question(text)) or bool(NOUNS.fullmatch(bare(text)))


def is_short(text: str) -> bool:
    """A reply is short; what is longer says something of its own."""
    return len(bare(text)) <= LONGEST


def is_busy(text: str) -> bool:
    """Who is asked something puts it off: 在忙，晚点说."""
    return len(bare(text)) <= LONGEST_EXCUSE and bool(LATER.search(text))

"""What a sentence does with an act: states it, or asks, denies, wishes, plans, or speaks of others."""

import re
from enum import StrEnum


class Stance(StrEnum):
    """Why a sentence is not the act it mentions."""

    QUESTION = "question"
    NEGATION = "negation"
    WISH = "wish"
    FUTURE = "future"
    OTHERS = "others"
    HEARSAY = "hearsay"
    CONDITION = "condition"


QUESTION = re.compile(
    r"[?？]|冇$|([\u4e00-\u9fff])[不没]\1|(吗|么|嘛|没有?|不|没)[啊呀哦哈.。!！~ ]*$|^.{0,2}呢$|(?:党费|签到|活动|结果|记录)呢$|怎么|咋|如何|什么|啥|哪|几点|几号|几次|几时|多少|多久|多大|多长|才算|为何|是否|是不是|"
    r"对不对|可不可以|是否|有没有|了没(?=有|啊|呀|$)|还是|谁|可以.{0,8}(吗|不)|"
    r"请问|问一?下|问下|想问|打听|请教|能否|能.{1,10}(吗|不)$"
)
HEARSAY = re.compile(
    r"^[^\u4e00-\u9fff]*(?:重要|紧急|温馨|友情|支部|会议|活动|群)?(?:通知|公告|提示|提醒|转发|倡议)[^\u4e00-\u9fff]|^[【\[][^】\]]{0,8}(?:通知|公告|提示|提醒|转发)[】\]]|请(?:各位|全体|大家|勿)|勿外传|听说|据说|听.{1,3}讲|有人说|他们?说|她们?说|让我问|通知说|群里说|不是说|你说|您说|说是|写着|写的是|上写着?[“「]|喊|刷屏|转发|辩称|[^我跟您你,。声了忘](?<!和支部)说(?!一声|一下|下|到|声|两句)|“|”|「|」"
)
CONDITION = re.compile(
    r"如果|要是|假如|假使|万一|的话|除非|等我|等.{1,8}(再|就|以后|之后)|^到了?.{1,12}(再|就)(?!在)|只要|到时候|若"
)
NEGATION = re.compile(
    r"没|未|别|不(?!好意思|错|用谢|少|舒服|了现场|了活动|在家|但|太会|会用)|无需|取消|忘了|忘记|漏|尚|甭|休想|搞错|弄错|写错|发错|记错|打错|误"
)
WISH = re.compile(
    r"想(?!法|起|到|念)|希望|打算|准备(?!好)|计划|考虑|愿意|但愿|巴不得|琢磨|最好|要不然|争取|本来"
)
FUTURE = re.compile(
    r"过.{1,4}(?:分钟|小时|天|会)|明天|明早|明晚|后天|大后天|下周|下个?星期|下个?礼拜|下个?月|下旬|明年|待会|等会|等下|等一下|一会|过会|过后|过两|过几|过些|回头|"
    r"晚点|晚些|马上|快(?=到|要|回|交|来)|就要|即将|将要?|稍后|再(?=交|签|报|去|来|说|补|发)|分钟后|小时后|天后|还有.{1,6}(到|小时|分钟)|"
    r"月底|年底|以后|改天|改日|有空|抽空|周末|晚上|提醒|别忘|记得|路上"
)
OTHERS = re.compile(
    r"替|代(?!表|码|扣)|帮(?!我|忙|助|扶|俺|咱)|给(?=[老小大](?!组)[\u4e00-\u9fff]|他|她|孩子|别人|同事)|"
    r"他|她|别人|人家|大家都|好几个|几个人|同事|工友|室友|同学|老婆|老公|老伴|两口子|我们|咱们|我俩|[两三四五六七八九十几]个人|爱人|媳妇|丈夫|妻子|对象|孩子|儿子|女儿|闺女|父亲|母亲|爸|妈|爷爷|奶奶|"
    r"哥|姐|弟|妹|叔|伯|姨|舅|婶|嫂|朋友|老乡|邻居|师傅|徒弟|老板|领导(?=到|去|来|说|在)|"
    r"(?<![到在去住从自])[老小][张王李赵刘陈杨黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵严覃武戴莫孔汤]"
)

SURNAMES = (
    "张王李赵刘陈杨黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟"
    "熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵严覃武戴莫孔汤"
)
NAME = re.compile(
    rf"(?:我[是叫])?(?:[老小]?[{SURNAMES}][\u4e00-\u9fff]{{1,2}}|[老小大][\u4e00-\u9fff])"
)
DENIAL = re.compile(
    r"不(?:是|用登|用签|用记|要|签|交|去|来|算|参加|想|行|对|登)|没(?:签|交|去|来|到|说|有|登|参加)|未|别|算了|取消|作废|误|错|骗|玩笑|逗你|笑死|(?<![a-z])(?!(?:hi|hello|hey|morning|good|ok|done|base|bye)(?![a-z]))[a-z]{2,}|才怪|假的|测试|试试|试一下|演示"
)
LATER = re.compile(
    r"再(?=过|给|交|签|报|去|来|说|补|发|讲|看)|过两|过几|过些|月底前|改天|改日|周末|待会|等会|等下|等一下|一会|过会|回头|晚点|稍后|马上|明天|后天|下周|下个|以后再|到时|先.{0,4}(?:放|缓|等)"
)

ORDER = (
    (Stance.QUESTION, QUESTION),
    (Stance.HEARSAY, HEARSAY),
    (Stance.CONDITION, CONDITION),
    (Stance.OTHERS, OTHERS),
    (Stance.NEGATION, NEGATION),
    (Stance.FUTURE, FUTURE),
    (Stance.WISH, WISH),
)


def stance(text: str) -> Stance | None:
    """The first reason found why a normalised sentence is not a plain statement, or None."""
    for found, pattern in ORDER:
        if pattern.search(text):
            return found
    return None


def asks(text: str) -> bool:
    """Whether the sentence is a question."""
    return bool(QUESTION.search(text))


def is_colour(clause: str) -> bool:
    """Whether a clause beside a plain act takes nothing away from it: no doubt, no other person."""
    others = (QUESTION, HEARSAY, CONDITION, DENIAL, LATER, WISH, OTHERS)
    return not any(pattern.search(clause) for pattern in others) and not NAME.fullmatch(clause)


def about_others(words: str) -> bool:
    """Whether these words, standing before an act, make somebody else its doer."""
    return bool(OTHERS.search(words) or NAME.fullmatch(words))

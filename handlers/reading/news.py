"""What somebody answers when asked how they are: news, a refusal, a question back, or nothing at all. Pure."""

import re
from enum import StrEnum

from handlers.reading.contact import is_question
from handlers.reading.normal import normalise
from handlers.reading.reply import IDENTITY, WELL
from handlers.reading.words import bare, says_only


class Reply(StrEnum):
    """What an answer is."""

    NEWS = "news"
    REFUSAL = "refusal"
    ASKS_WHO = "asks who"
    QUESTION = "question"
    NOTHING = "nothing"


ASKS_WHO = re.compile(
    "[你您]们?是谁|^谁[啊呀呢]|^哪位|^你哪里的|^[什啥]么?意思|[这你您]是?(?:什么|啥)意思|"
    "(?:为什么|为啥|为何|干嘛|干吗|凭什么|怎么(?=又|老|还|总))(?:又|要|老是?|还|总是?|会|来|让我|叫我|给你)*(?:问|打听|查我|管我|了解|知道|告诉|写|填|回答|答|说)|"
    "(?:问|打听|了解)(?:我)?这个?些?(?:干|做|有|什么|是)|谁(?:让|叫)[你您]们?问|谁(?:会|能)看|给谁看|报给谁|发给谁|交给谁|"
    "(?:问|说|答|写|填)(?:了|这个?)?有(?:什么|啥)用|[你您]们?(?:是不是|不是|是)(?:个|真)?(?:骗|机器人|真人)|真人吗|"
    "^(?:为什么|为啥|为何|凭什么|干嘛|干吗|什么|啥|谁|依据|有什么依据)$"
)
REFUSAL = re.compile(
    "(?:不|不太|没)(?:想|愿意?|方便|便|肯|能)(?:回答|答|说(?!谎)|讲|聊|谈|透露|告诉|写|填|回(?:复|$))|"
    "^不(?:说|答|讲|聊|谈|写|填|告诉|方便|便|愿意?|想)|^(?:要|需要)?保密|保密$|无可奉告|别(?:再)?(?:问|烦|管)|不(?:用|要|许|必)再?(?:问|管)|"
    "拒绝|没(?:什么|啥)(?:好|可)?(?:说|讲|聊)的?$|懒得|关你|隐私|烦不烦|没(?:空|时间|心情)(?:说|答|回|写|填|聊)?$|^不好说$|^说不好$|^(?:下次|回头|改天|以后)(?:再|吧)"
)
LONGEST_REFUSAL, LONGEST_QUESTION = 14, 20
SAYS_NOTHING = (
    "收到 知道 知道了 了解 明白 明白了 懂了 行 行的 可以 可以的 没问题 ok okay 谢谢 在 在的 在吗 在不在 你好 您好 "
    "是 是的 对 对的 确认 同意 确定 不对 不是 不同意 否 提交 继续 完成 好吧 好滴 好嘞 谢 感谢 关心 辛苦 有 yes 再见 拜拜 嗯呐 哦哦 test 测试 试试"
)
NO_NEWS = frozenset(SAYS_NOTHING.split())
FINE = "没问题"
IS_WELL = re.compile("(?:都|也|就)*好(?:了|呀|啊|呢)?")
WORD = re.compile("[\u4e00-\u9fff]|[a-z]{2}")


def read_reply(said: str) -> Reply:
    """What an answer is; 都好 is news, 好的 is none."""
    text = normalise(said)
    plain = bare(text)
    if not WORD.search(plain):
        return Reply.NOTHING
    is_fine = IS_WELL.fullmatch(plain) or WELL.search(plain) or plain == FINE
    if says_only(text, NO_NEWS) and not is_fine:
        return Reply.NOTHING
    if len(plain) <= LONGEST_QUESTION and (ASKS_WHO.search(plain) or IDENTITY.search(plain)):
        return Reply.ASKS_WHO
    if len(plain) <= LONGEST_REFUSAL and REFUSAL.search(plain):
        return Reply.REFUSAL
    return Reply.QUESTION if is_question(text) else Reply.NEWS

"""How an attempt to be in touch ended, as its words say it. Nobody was reached unless the words prove it. Pure."""

import re

from handlers.reading.speech import CONDITION, NAME
from storage.records import Outcome

KIN = "(?:家属|家人|家里人|爱人|妻子|丈夫|老婆|老公|老伴|媳妇|对象|父亲|母亲|父母|爸爸?|妈妈?|爹|娘|爷爷|奶奶|舅舅?|叔叔?|姑姑|儿子|女儿|闺女|孩子|小孩|亲戚|哥哥?|弟弟?|姐姐?|妹妹?|嫂子|邻居|房东|工友|同事|室友|老乡|老人|老板|朋友)"
NOT_MET = re.compile("没有?(?:能)?见(?:面|着面|上面)|没有?(?:上门|走访)")
MISSED = re.compile(
    "[没未]有?接(?!触|到通知|活|单)|不接(?!触|受)|[没无冇]有?人(?:接|应|在家|听|$)|没有?打通|打[不唔]通|没有?通(?!过|知|报)|[不唔]通(?!过|知|报|情)|接不通|无法接通|关机|停机|空号|占线|忙音|[没未]有?(?:能)?联[系络]上|联[系络]不[上到]|拒接|不在服务区|挂断|没有?见到|没有?找[到着]|[找寻]不[到着]|[不没]在家|冇[人得]?接"
)
REPLIED = re.compile(
    "(?<![没未不])(?<!没有)(?<!未有)(?<!没能)(?<!自动)(?:已|有)?回(?:了[个条句]?电话?|了?[个条句]?(?:信息|微信|短信|消息|复))"
    "|(?<![没未不])回了(?:我|话)"
)
REPLIED_TO_IT = re.compile("(?<![没未不])回了(?=$|[,，。;! ])")
WROTE = re.compile(
    "(?:留言|短信|微信|信息|消息|语音)[^,。;]{0,4}(?:没有?回(?!老|家|来|去)|未回|不回|无回复|没有?看)|(?:没有?|未)回(?:信息|微信|短信|消息|复)|留了?[条个]?(?:言|短信|微信)|发了?[条个]?(?:短信|微信|信息|消息)"
)
FAMILY = re.compile(f"{KIN}们?(?:代|帮忙|替[他她])?(?:接|说|讲|转告|转达|转述|回的|反映)")
MET = re.compile(
    "见(?:了|过)[他她]?一?面(?!会|礼)|见面(?:了|过|聊了|谈了|$|(?=[,，。;!]))|见到(?!.{0,3}(?:消息|通知|微信|照片|信|车|留言|字|房|家))|见着|见了(?:他|她|本人|人)|当面(?:谈|聊|说|讲|见|指|交|了解|沟通|问|告)|面谈|碰(?:了|过)?面|碰头了"
    "|上门(?:看|走访|谈|聊|慰问)了|(?:登门|走访|家访|看望|拜访)(?:了|过)(?:他|她|本人)?(?=$|[,，。;! ])|到[他她]?家里?(?:看|坐)了|来(?:了|过)支部|来支部(?:了|过|坐|谈|报到)"
)
SPOKE = re.compile(
    "打通|接通|(?<![开想普精疏])通了(?!网|车|水|气|暖|高铁|地铁|路|知|报|电(?!话))|通上|通(?:了|过)[个一]?[个次]?电?话|通电?话(?:了|[0-9一二三四五六七八九十两半几])|(?<!无)聊(?:了|过|得|到|起|完|上了|半|一会|几|天了)"
    "|谈(?:了|过)(?!.{0,3}(?:对象|恋爱|朋友))|谈(?:到|得|起|及)|谈[话心](?:了|过)|沟通了|视频(?:了|过|通话|聊)|连线了"
    "|(?:^|[ ,。;!他她]|本人|自己|电话|马上|终于)接(?:了(?!.{0,2}(?:活|单|项目|工程|任务)|[老孩])|的|听)|本人接|电话里(?:他|她|本人)?(?:说|讲|聊|谈)|[他她本人]打来|来了?个?电话(?:说|了)"
)
VISIT = re.compile("上门|登门|走访|家访|到[他她]?家里?")
LATER = re.compile("后来|随后|又打|再打|回电|第二次|之后|终于")
TOLD = re.compile(
    "(?:(?:他|她|本人|自己)(?:自己|本人)?)(?:在?(?:电话|微信|视频|短信)[里中上]?)?(?:给我|跟我|和我|向我)?(?:也|还|都|又|主动|亲口)*(?:问(?!题|候)|[说讲](?!是|好|谎|不|起|要)|表示|反映|提出|答应|承诺|告诉我)"
    "|[说讲]了?(?:自己|他|她|在|身体|最近|近况|目前|现在|一切|家里|工作)|表示|答应了"
)
_HOW = "(?:都|也|还|还是|很|挺|蛮|比较|非常|十分|一切|基本|总体|依然|目前|现在|最近|近期|一直|不太|不大|有点|特别|算|更|又)*"
_OF = "(?:近况|情况|身体|健康|思想|工作|生活|家里|家庭|家人|父母|老人|孩子|状态|心态|情绪|收入|学习|精神|各方面|日子|生意)(?:的|方面|状况|情况|状态|上)?"
NEWS = re.compile(
    f"(?!(?:好|不错|可以|正常|差|不好)(?:了|的|些)?$)(?:他|她|本人)?{_HOW}(?:{_OF})*{_HOW}(?:好(?:得很|转|些)?|不错|稳定|正常|可以|顺利|平稳|健康|良好|平安|安好|顺心|差|不好|不错|老样子)(?:了|的)?"
    "|(?:近况|情况|工作|身体)?(?:没|没有)(?:什么|啥)?(?:大)?(?:变化|困难|问题|难处)"
    "|(?:他|她|本人)?(?:仍|还|人|现|目前|现在|一直|也)*在(?!哪|什么|何).{1,10}(?:上班|打工|务工|工作|做工|干活|开店|做生意|做小生意|跑车|送外卖|创业|上学|读书|租房住)(?:了)?"
    "|(?:家里|家庭|生活|工作|他|她)?(?:上|确实|有点|有些)*有(?:些|点|一些)?(?:难处|困难)"
)
"""What one learns at first hand; the whole of a clause."""

HEARSAY = re.compile(
    "听(?!党|课|取|清|从)(?!(?:他|她)(?:本人|自己)?[说讲])|据|得知|获悉|有人|别人|人家|群[里内中]|群@|@|朋友圈|抖音|显示|档案|登记的|托|拖人|转告|转达|转述|[带捎传]个?[话信口]|代[为他她]|说是|讲是|[说讲]好像|好像|似乎|可能|大概|估计|应该|也许|恐怕|怕是|猜|莫非|看样子|看来|按说|照理|不[知晓]|不确定|不详|不明|没准|说不定|吧$|以前|之前|原来|原先|去年|前年|上次|上回|上个?[月季周]|上星期|前[些几阵]|侧面|间接|打听|从来|从没|公众号|系统|机器|公告|试|只有|只见|光见|寂寞|非本人|等本人|祝|愿他|自动|骗|玩笑|测试|才怪|不是本人|不是他"
)
_MEANT = f"(?=(?:他|她|本人|我|支部|组织)(?!的?{KIN}))"
ORDERS = re.compile(
    "让(?!座|步)|叫(?!外卖|好)|喊|请(?!假|教|示)|(?<!工作)(?<!生活)安排(?!好|在|的|工作|妥)|派|委托|交代|吩咐|嘱托|指派|要求|麻烦|拜托|帮忙联|通知(?!他了|她了)|催|约"
)
TO_THEM = re.compile(f"(?:让|叫|喊|请|通知|提醒|要求|交代|约){_MEANT}(?:他|她|本人|我|支部|组织)")
FAILED = re.compile(
    "[没未冇唔无]有?(?:能|怎么|咋|多|来得及|顾上|好意思|肯|愿意?|想|得|曾|法|时间|空|功夫|工夫|机会|人)*(?:说|聊|谈|讲|唠|见|碰|视频|回(?!老|家|来|去|村|乡|国)|理|搭|吭|应|答|接|通(?!过(?!电?话)|知|报)|打|去|听|联|找|访)"
    "|不(?:肯|愿意?|想|方便|便|让|敢)?(?:说|聊|谈|讲|理|见|吭|搭理|回(?!老|家|来|去))|[没冇无]有?(?:空|时间|功夫|工夫|得空|信号|反应|动静|声音|音信|消息|下文)$|不方便|没说清|没讲清"
    "|换了?手?机?号|号码?(?:不对|错|变|换|作废|没了|是假|无效|有误|不存在)|销号|注销|停用|欠费|失败|失联|拉黑|拉进黑|屏蔽|删了|挂(?!念|号|职|靠)|(?<![诊不判])断(?:了|$|线)|[不没]出声|不作声|没声|换人|换主|机主|号主|掉线|中断|掐|摁|按掉|信号|听不[清见到]|(?<!帮)忙$|在忙|正忙|通话中|打错|错号|不认识|[没查]无?这个?人|不在(?!服务)|没在|出去|走了$|锁|扑空|扑了空|白跑|跑空|不开门|没开门|敲门|已读|等(?:他|她|回|消息|电话|通知)|[几两二三四五六七八九十0-9][遍次回趟](?:都|也|还)?(?:没|不|$)|算了|写错|发错"
)
_TALK = "(?:联[系络]|聊|谈|说|讲|见|通|接|碰|视频|面谈|当面|走访|看望|上门|回复|回电|回话|打)"
AHEAD = re.compile(
    f"(?:想|要(?!闻)|(?<!了)会|将|打算|准备|计划|争取|希望|下次|下回|改天|改日|回头|再|以后|等|周末|有空|抽空|晚点|待会|等会|明[天早晚]|后天|下周|下个?月|过[几两]天|尽快|尽量|必须|该|得(?!很|好|不)|需|去(?!年)|可以|能|别|先)[^,。;! ]{{0,6}}{_TALK}"
)
OTHERS = re.compile(
    rf"(?:^|[ ,。;!]|是|由|被|靠|给我|[昨今前]天)(?:让|叫|请|托)?(?:{NAME.pattern}|(?:网格|党小|小|副|老|村|支部|组织|宣传|纪检|社区|街道)?(?:员|组长|书记|委员|支委|主任|同学|战友|师傅|领导|班长|会计|医生|护士|保安|门卫|前台)|厂里|单位|公司|派出所|村里|村上|村委|居委|社区|物业|中介|对方|别个|那边|这边|家里|人事)(?:人|的人)?[^,。;! ]{{0,6}}?(?:联|打|通|见|聊|谈|说|讲|回|接|转|告诉|反映|看望|走访|知道|电话)"
    rf"|{KIN}们?(?:已|刚|才|也|都|跟他|和他|给他)*(?:打通|打电话|接通|接电话|回|在家|在(?=$)|通了|通话|联系|联络|见[了到面]|视频|聊)"
    rf"|(?:跟|和|与|同|向|找|问|从|给|通过|联[系络][上到了过]|面谈(?:了|过)|是|见[到了过着]?|碰[到见着了]?|看望|走访|拜访|打给|慰问|家访)(?:了|过)?(?:他|她|其|到|的|家|一下)*{KIN}"
)
PARTS = re.compile("[,，。;；!！]|(?<![0-9])[.](?![0-9])| (?=[^0-9])")
NOTHING = "nothing"

_SIGNS = (
    (Outcome.MISSED, MISSED),
    (Outcome.WROTE, WROTE),
    (Outcome.FAMILY, FAMILY),
    (Outcome.MET, MET),
    (Outcome.SPOKE, SPOKE),
)
_TOGETHER = (
    ({Outcome.MET, Outcome.SPOKE}, Outcome.MET),
    ({Outcome.MET, Outcome.MISSED}, Outcome.MISSED),
    ({Outcome.WROTE, Outcome.MISSED}, Outcome.WROTE),
    ({Outcome.FAMILY, Outcome.MISSED}, Outcome.FAMILY),
)


def outcome_of(text: str) -> Outcome | str | None:
    """How an attempt ended; NOTHING where no word says so, None where the words are in doubt."""
    found = _by_signs(text)
    if found == NOTHING:
        found = Outcome.SPOKE if _is_first_hand(text) else NOTHING
    if isinstance(found, Outcome) and found.reached and _is_doubtful(text):
        return None
    return Outcome.MET if found is Outcome.SPOKE and VISIT.search(text) else found


def _by_signs(text: str) -> Outcome | str | None:
    """What the plain words for an end say, None where they contradict each other."""
    found: set[Outcome] = set()
    rest = NOT_MET.sub("_", text)
    for outcome, pattern in _SIGNS:
        if pattern.search(rest):
            found.add(outcome)
            rest = pattern.sub("_", rest)
    wrote = Outcome.WROTE in found
    if REPLIED.search(text) or (wrote and REPLIED_TO_IT.search(text)):
        found = (found - {Outcome.WROTE}) | {Outcome.SPOKE}
    if not found:
        return NOTHING
    for together, meaning in _TOGETHER:
        if found == together:
            return meaning
    if found == {Outcome.MISSED, Outcome.SPOKE} and _at_last(text):
        return Outcome.SPOKE
    return found.pop() if len(found) == 1 else None


def _at_last(text: str) -> bool:
    """Whether a later attempt succeeded: 没接，后来打通了."""
    later = LATER.search(text)
    return later is not None and not MISSED.search(text, later.start())


def _is_first_hand(text: str) -> bool:
    """Whether a clause tells what only the member could: their own words, or how they are."""
    parts = [part.strip() for part in PARTS.split(text)]
    return any(TOLD.match(part) or NEWS.fullmatch(part) for part in parts)


def _is_doubtful(text: str) -> bool:
    """Whether anything speaks against the member having been reached by whoever tells it."""
    rest = NOT_MET.sub("_", text)
    for pattern in (MISSED, FAMILY):
        rest = pattern.sub("_", rest)
    proven = ""
    for part in filter(None, map(str.strip, PARTS.split(rest))):
        plain = TO_THEM.sub("_", part) if proven else part
        against = (HEARSAY, ORDERS, FAILED, OTHERS, CONDITION, AHEAD)
        if any(pattern.search(plain) for pattern in against[: None if not proven else 5]):
            return True
        if _by_signs(part) in (Outcome.SPOKE, Outcome.MET) or _is_first_hand(part):
            proven = part
    return False

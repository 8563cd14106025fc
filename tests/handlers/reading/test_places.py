"""What counts as the place that a sentence or a map label names, and what only looks like one."""

import csv
from importlib.resources import files

import pytest

from handlers.reading.places import FoundPlace, Place, Use, describe, find_place, read_label


def codes(found: FoundPlace | None) -> list[str]:
    """Return the codes of the candidates, in order."""
    return [place.code for place in found.candidates] if found else []


def rows(file: str) -> list[dict[str, str]]:
    """Read a vendored table."""
    text = files("handlers.reading").joinpath(file).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


CLEAR = [
    # as the contract and the brief have them
    ("我到苏州工业园区了", "苏州工业园区", "320571"),
    ("位置 江苏省苏州市", "江苏省苏州市", "320500"),
    ("12月1日去苏州打工", "苏州", "320500"),
    ("深圳南山", "深圳南山", "440305"),
    ("内蒙呼和浩特", "内蒙呼和浩特", "150100"),
    ("浙江义乌", "浙江义乌", "330782"),
    ("昆山", "昆山", "320583"),
    ("上海浦东", "上海浦东", "310115"),
    ("北京朝阳", "北京朝阳", "110105"),
    ("广东省深圳市南山区", "广东省深圳市南山区", "440305"),
    ("新疆乌鲁木齐", "新疆乌鲁木齐", "650100"),
    ("延边", "延边", "222400"),
    ("恩施", "恩施", "422800"),
    ("恩施市", "恩施市", "422801"),
    ("海南三亚", "海南三亚", "460200"),
    ("香港", "香港", "810000"),
    ("澳门", "澳门", "820000"),
    ("台湾台北", "台湾台北", "710100"),
    ("台湾", "台湾", "710000"),
    ("南京鼓楼区", "南京鼓楼区", "320106"),
    # parents in odd shapes
    ("江苏苏州昆山", "江苏苏州昆山", "320583"),
    ("苏州市昆山", "苏州市昆山", "320583"),
    ("苏州,昆山", "苏州,昆山", "320583"),
    ("昆山(苏州)", "昆山(苏州", "320583"),
    ("江苏 苏州 吴中区", "江苏 苏州 吴中区", "320506"),
    ("江苏省的苏州", "江苏省的苏州", "320500"),
    ("江苏、苏州、昆山", "江苏、苏州、昆山", "320583"),
    ("在苏州的工业园区", "苏州的工业园区", "320571"),
    ("苏州园区", "苏州园区", "320571"),
    ("我在江苏打工,地点是昆山", "江苏打工,地点是昆山", "320583"),
    ("吉林吉林", "吉林吉林", "220200"),
    ("吉林省吉林市", "吉林省吉林市", "220200"),
    ("湖南长沙", "湖南长沙", "430100"),
    ("长沙长沙县", "长沙长沙县", "430121"),
    ("上海市市辖区浦东新区", "上海市市辖区浦东新区", "310115"),
    ("湖北省省直辖县级行政区划仙桃市", "湖北省省直辖县级行政区划仙桃市", "429004"),
    # finer parts are dropped
    ("深圳市南山区粤海街道", "深圳市南山区", "440305"),
    ("广东东莞长安镇", "广东东莞", "441900"),
    ("东莞东城区", "东莞", "441900"),
    ("住在中山小榄", "中山", "442000"),
    ("江苏省苏州市人民路100号", "江苏省苏州市", "320500"),
    ("昆山花桥", "昆山", "320583"),
    ("在义乌小商品市场", "义乌", "330782"),
    ("成都高新区", "成都", "510100"),
    ("苏州站", "苏州", "320500"),
    ("上海汽车站", "上海", "310000"),
    ("上海虹桥", "上海", "310000"),
    ("苏州人民医院", "苏州", "320500"),
    ("北京大兴机场", "北京", "110000"),
    ("北京朝阳公园", "北京", "110000"),
    ("香港九龙", "香港", "810000"),
    # zones, nicknames, old names
    ("合肥高新区", "合肥高新区", "340171"),
    ("苏州高新区", "苏州高新区", "320505"),
    ("苏州市新区", "苏州市新区", "320505"),
    ("南京江北新区", "南京江北新区", "320100"),
    ("天津滨海新区", "天津滨海新区", "120116"),
    ("到雄安了", "雄安", "133100"),
    ("河北雄安新区容城县", "河北雄安新区容城县", "130629"),
    ("西咸新区", "西咸新区", "610100"),
    ("青岛西海岸", "青岛西海岸", "370211"),
    ("兰州新区", "兰州新区", "620171"),
    ("重庆渝北", "重庆渝北", "500157"),
    ("重庆江北", "重庆江北", "500157"),
    ("重庆市渝北区统景镇", "重庆市渝北区统景镇", "500109"),
    ("宁波江北", "宁波江北", "330205"),
    ("吴江市", "吴江市", "320509"),
    ("吴县", "吴县", "320500"),
    ("苏州沧浪区", "苏州沧浪区", "320508"),
    ("淮安楚州", "淮安楚州", "320803"),
    ("襄樊", "襄樊", "420600"),
    ("莱芜市", "莱芜市", "370116"),
    ("广西省", "广西省", "450000"),
    ("云南版纳", "云南版纳", "532800"),
    ("青海河南县", "青海河南县", "632324"),
    ("岑岭县", "岑岭县", "653132"),
    ("草湖市", "草湖市", "659013"),
    # a name cut by its own suffix
    ("济南市中区", "济南市中区", "370103"),
    ("青岛市北区", "青岛市北区", "370203"),
    ("成都市场", "成都", "510100"),
    # names that are words, reported or under their parent
    ("到开封了", "开封", "410200"),
    ("开封杞县", "开封杞县", "410221"),
    ("保定", "保定", "130600"),
    ("在延安学习", "延安", "610600"),
    ("到来宾了", "来宾", "451300"),
    ("我到东至了", "东至", "341721"),
    ("池州东至尧渡", "池州东至", "341721"),
    ("贵州大方", "贵州大方", "520521"),
    ("大方县", "大方县", "520521"),
    ("海南东方", "海南东方", "469007"),
    ("甘肃白银", "甘肃白银", "620400"),
    ("尼玛县", "尼玛县", "540629"),
    ("湖北仙桃", "湖北仙桃", "429004"),
    ("济源", "济源", "419001"),
    ("海淀", "海淀", "110108"),
    # destinations
    ("从南京来苏州了", "苏州", "320500"),
    ("从苏州到昆山", "昆山", "320583"),
    ("从昆山到苏州", "苏州", "320500"),
    ("离开北京去上海", "上海", "310000"),
    ("苏州转南京", "南京", "320100"),
    ("经过南京到了苏州", "苏州", "320500"),
    ("以前在北京,现在在上海", "上海", "310000"),
    ("不是南京,是苏州", "苏州", "320500"),
    ("老家池州,现在在苏州", "苏州", "320500"),
    ("我是安徽人,在苏州打工", "苏州", "320500"),
    ("来自安徽池州,在苏州打工", "苏州", "320500"),
    # a place word beside a school, a road, a firm
    ("苏州的苏州大学", "苏州", "320500"),
    ("我在南京上大学", "南京", "320100"),
    ("上海南京路", "上海", "310000"),
    ("北京银行南京分行", "南京", "320100"),
    ("我在苏州开了家日本料理店", "苏州", "320500"),
    # names that begin inside another word
    ("美丽江苏", "江苏", "320000"),
    ("国内江苏", "江苏", "320000"),
    ("从江苏来上海", "上海", "310000"),
    ("江西上高速", "江西", "360000"),
    ("在青海平安到达", "青海", "630000"),
    ("湖南安全检查", "湖南", "430000"),
]

UNCLEAR = [
    ("朝阳", ["110105", "220104", "211300"]),
    ("朝阳区", ["110105", "220104"]),
    ("鼓楼区", ["320106", "350102", "320302", "410204"]),
    ("江苏鼓楼区", ["320106", "320302"]),
    ("市中区", ["370103", "370402", "511002", "511102"]),
    ("城关区", ["540102", "620102"]),
    ("普陀", ["310107", "330903"]),
    ("吉林", ["220000", "220200"]),
    ("通州", ["110112", "320612"]),
    ("江北区", ["500157", "330205"]),
    ("杭州江干区", ["330102", "330114"]),
    ("南山区", ["440305", "230404"]),
    ("天府新区", ["510100", "511400"]),
    ("南京市昆山", ["320100", "320583"]),
    ("合肥鼓楼区", ["340100", "320106", "350102", "320302", "410204"]),
    ("上海朝阳区", ["310000", "110105", "220104"]),
    ("天津河北", ["120105", "130000"]),
    ("天津、河北", ["120000", "130000"]),
    ("苏州和南京", ["320500", "320100"]),
    ("苏州或者上海", ["320500", "310000"]),
    ("江苏、上海、昆山", ["320583", "310000"]),
]

NOT_A_PLACE = [
    # words, and names inside words
    "大方一点|今天不太方便|和平|东方红|城中村|北京时间|上海滩|石狮子|通话|平安|开心|大名|高兴|长乐未央|海尔洗衣机",
    "一路平安|平安到达|祝您安康|各位来宾|刚开封|开封了|听那曲子|尼玛|三明治|大同小异|大理石|日照充足|白银|泰山",
    "文山会海|长治久安|绿水青山|隆重庆祝建党|复合肥|晚上海鲜|晚上海底捞聚餐|今天津贴到账|明天水果|东西安全",
    "重大连锁反应|党员活动日照常|10月5日照常签到|聚焦作风建设|每周口头汇报|介绍兴趣|经济南北差距|适应城市生活",
    "不如东西|影响水质|亲自贡献|非常熟悉|世界首富|幸福安康|提高邮件效率|我在大城市打工|来到一座新城市|沿海城市",
    "新兴城市|陕南山区|新城区|老城区|开发区|高新区|园区|城区|在阿里上班|孙中山|中山公园|朝阳社区|和平村",
    "长江南岸|黄河北岸|太湖南岸|泰山东麓|江南|华东|珠三角|在大方|龙华|全国|中国",
    # roads
    "长安街|南京路|北京路|中山路|人民路|我在南京路上|在北京西路|南京东路步行街|太原路和北京路交叉口",
    # dishes, firms, schools, offices
    "海南鸡饭|兰州拉面|重庆火锅|德州扒鸡|桂林米粉|青岛啤酒|苏州大学|南京师范大学|我在南京航空航天大学|合肥工业大学",
    "北京银行|上海汽车|上海大众|浙江卫视|广州日报|昆山华兴科技有限公司|江苏省委组织部|池州市委|池州流动党员党支部",
    "苏州驻上海流动党支部",
    # history, events, people of a place
    "学习延安精神|遵义会议|重温南昌起义|浙江经验|深圳速度|上海世博会|博鳌论坛|台湾问题|四川话|安徽老乡|我是安徽人",
    "北京天气怎么样",
    # abroad
    "东京|我在东京|美国旧金山|韩国首尔|在美国德州|新加坡|蒙古国|国外|从苏州去日本",
    # people
    "张北|李宁德|王朝阳|替李宁德签到|我叫王昆山|王昆山同志|帮吴江海签到|和李宁德一起",
    # left, passed, not there
    "离开苏州|苏州回来了|我从苏州回来了|我不在苏州了|没去北京|去过北京|路过南京|我来自安徽|从池州出发",
    # the rest of the bot's day
    "签到|党费10月20元|请假 家里有事|收到,谢谢书记|明天上午去交党费|本月工作正常|思想汇报 本月学习了两次",
]

LABELS = [
    ("江苏省苏州市虎丘区人民路 1 号", "江苏省苏州市虎丘区", "320505"),
    ("深圳市南山区科技园", "深圳市南山区", "440305"),
    ("中国江苏省苏州市吴中区东吴北路", "江苏省苏州市吴中区", "320506"),
    ("上海市浦东新区世纪大道100号上海环球金融中心", "上海市浦东新区", "310115"),
    ("北京市朝阳区望京街道", "北京市朝阳区望京", "110105"),
    ("江苏省苏州市苏州工业园区星湖街", "江苏省苏州市苏州工业园区", "320571"),
    ("四川省成都市高新区天府大道", "四川省成都市", "510100"),
    ("江苏省昆山市花桥镇", "江苏省昆山市", "320583"),
    ("腾讯大厦(广东省深圳市南山区深南大道)", "广东省深圳市南山区", "440305"),
    ("重庆市渝北区金开大道", "重庆市渝北区", "500157"),
    ("广东省东莞市虎门镇", "广东省东莞市", "441900"),
    ("安徽省池州市贵池区长江路与北京路交叉口", "安徽省池州市贵池区", "341702"),
    ("河南省济源市", "河南省济源市", "419001"),
]


@pytest.mark.parametrize(("text", "words", "code"), CLEAR)
def test_one_place_is_named(text: str, words: str, code: str) -> None:
    """A clear place gives one candidate, with the words that name it."""
    found = find_place(text)
    assert codes(found) == [code]
    assert found
    assert text[found.start : found.end] == words


@pytest.mark.parametrize(("text", "expected"), UNCLEAR)
def test_several_places_fit(text: str, expected: list[str]) -> None:
    """A name of several divisions, or two places, is left to be asked about, likeliest first."""
    assert codes(find_place(text)) == expected


@pytest.mark.parametrize("text", [text for line in NOT_A_PLACE for text in line.split("|")])
def test_no_place_is_named(text: str) -> None:
    """Words, roads, dishes, firms, people, foreign and past places are no report of a place."""
    assert find_place(text) is None


@pytest.mark.parametrize(("label", "words", "code"), LABELS)
def test_label_gives_its_district(label: str, words: str, code: str) -> None:
    """A map label is read down to the district and no further."""
    found = read_label(label)
    assert codes(found) == [code]
    assert found
    assert label[found.start : found.end] == words


@pytest.mark.parametrize(
    "label", ["", "我的位置", "位置信息", "南京路步行街", "东京都新宿区", "苏州大学"]
)
def test_label_without_a_division_gives_none(label: str) -> None:
    """A label that carries no division is not guessed at."""
    assert read_label(label) is None


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("江苏", Place("江苏省", "", "", "320000"), "江苏省"),
        ("北京", Place("北京市", "北京市", "", "110000"), "北京市"),
        ("北京朝阳", Place("北京市", "北京市", "朝阳区", "110105"), "北京市朝阳区"),
        ("苏州", Place("江苏省", "苏州市", "", "320500"), "江苏省苏州市"),
        ("昆山", Place("江苏省", "苏州市", "昆山市", "320583"), "江苏省苏州市昆山市"),
        ("仙桃市", Place("湖北省", "仙桃市", "", "429004"), "湖北省仙桃市"),
        ("东莞", Place("广东省", "东莞市", "", "441900"), "广东省东莞市"),
        ("香港", Place("香港特别行政区", "", "", "810000"), "香港特别行政区"),
        (
            "苏州园区",
            Place("江苏省", "苏州市", "苏州工业园区", "320571"),
            "江苏省苏州市苏州工业园区",
        ),
    ],
)
def test_place_has_its_parents(text: str, place: Place, words: str) -> None:
    """A place knows its province and city, and says a municipality once."""
    found = find_place(text)
    assert found
    assert found.candidates == (place,)
    assert describe(place) == words


def test_every_division_is_read_back_from_its_full_name() -> None:
    """Each division of the table is found, and only it, by the name that is read to people."""
    official = {row["code"]: row["name"] for row in rows("regions.csv")}
    for code, name in official.items():
        parents = [f"{code[:2]}0000", f"{code[:4]}00"]
        full = "".join(official.get(parent, "") for parent in parents if parent != code) + name
        assert codes(find_place(f"我到{full}了")) == [code], full
        assert codes(read_label(f"{full}人民路1号")) == [code], full


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("710000", "台湾省"),
        ("540481", "米林市"),
        ("540581", "错那市"),
        ("653228", "和康县"),
        ("653229", "和安县"),
        ("659012", "白杨市"),
        ("500157", "两江新区"),
    ],
)
def test_table_is_of_2026(code: str, name: str) -> None:
    """The table has the newest divisions and no abolished ones."""
    official = {row["code"]: row["name"] for row in rows("regions.csv")}
    assert official[code] == name
    assert not {"500105", "500112", "540422", "540530"} & official.keys()


def test_tables_are_well_formed() -> None:
    """Codes are unique and have six digits; every alias means a division that exists."""
    known = [row["code"] for row in rows("regions.csv")]
    overlay = rows("regions_overlay.csv")
    assert len(known) == len(set(known))
    assert all(len(code) == len("320583") and code.isdigit() for code in known)
    assert {row["use"] for row in overlay} <= set(Use)
    aliases = {row["code"] for row in overlay if row["code"]}
    assert all(f"{code[:2]}0000" in known for code in aliases)
    keys = [(row["name"], row["code"]) for row in overlay if row["code"]]
    assert len(keys) == len(set(keys))

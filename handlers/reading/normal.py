"""Normalisation, once, at the edge: what people type becomes the form that every reader expects."""

import re
import unicodedata

LONGEST = 20_000

TRADITIONAL_PAIRS = (
    "給给煩烦麼么麽么樣样訴诉須须單单獨独隨随談谈試试鬧闹慶庆媽妈歸归爺爷飛飞蓋盖寫写讓让買买賣卖壞坏愛爱傷伤熱热腦脑腳脚臉脸藥药環环圍围僅仅倆俩傳传僑侨億亿優优滿满漸渐溫温澤泽濃浓災灾狀状猶犹獎奖獲获產产異异疊叠盜盗穩稳競竞筆笔糧粮約约紅红納纳純纯紙纸細细終终組组結结給给絕绝統统經经綠绿維维網网緊紧線线練练縱纵總总繼继續续"
    "簽签黨党費费請请報报導导匯汇彙汇資资訊讯週周號号點点兩两萬万億亿圓元塊块錢钱個个們们沒没還还這这裡里裏里來来時时間间會会與与聯联繫系確确認认誤误銷销幫帮說说應应"
    "該该聽听問问題题對对嗎吗從从離离開开蘇苏園园區区廣广東东內内漢汉陽阳齊齐爾尔濱滨慶庆島岛鎮镇縣县鄉乡寧宁貴贵雲云遠远線线習习學学書书記记單单務务審审帳账賬账賓宾"
    "儀仪興兴災灾難难貸贷親亲戶户農农歸归鄰邻臺台灣湾鄭郑濟济瀋沈長长電电話话碼码處处動动參参員员職职業业絡络經经營营銀银轉转繳缴納纳補补預预訂订標标體体檢检醫医療疗"
    "護护復复歲岁陸陆發发燒烧過过節节氣气爺爷媽妈兒儿孫孙勞劳為为無无後后當当總总車车馬马張张吳吴較较遲迟進进廠厂夠够錯错見见現现場场邊边飯饭頭头風风嗚呜憶忆黃黄陳陈"
    "劉刘趙赵楊杨許许韓韩馮冯鄧邓蕭萧葉叶蔣蒋盧卢薑姜鐘钟譚谭範范賈贾韋韦鄒邹閻阎賴赖羅罗遼辽龍龙瓊琼贛赣閩闽魯鲁晉晋陝陕滬沪蘭兰廈厦門门紹绍嶺岭衛卫莊庄鳳凤鷹鹰淨净"
    "決决優优爭争實实劃划畫画監监級级紀纪錄录證证質质達达運运選选適适銅铜鋼钢鐵铁閱阅際际雙双響响頂顶項项順顺須须頒颁領领額额願愿類类顧顾館馆養养餘余飛飞鮮鲜麗丽麥麦"
    "齡龄歷历曆历盡尽縮缩織织聲声膽胆臨临舉举舊旧藝艺術术裝装製制覺觉覽览觀观計计討讨訓训託托訪访設设評评試试詢询詳详誠诚誰谁課课調调談谈論论講讲謝谢識识議议譯译讀读"
    "變变讓让貢贡財财責责貼贴貿贸賞赏賢贤購购贈赠贊赞趕赶跡迹踐践輕轻輔辅輪轮輸输轄辖辦办"
)
TRADITIONAL = str.maketrans(TRADITIONAL_PAIRS[::2], TRADITIONAL_PAIRS[1::2])
PUNCTUATION = str.maketrans({"﹐": ",", "､": "、", "•": "·", "…": ".", "～": "~", "—": "-", "–": "-"})
INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
EMOTICON = re.compile(r"\[[\u4e00-\u9fff a-z]{1,5}\]")
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u20e3]")
TONES = re.compile("(?<=[a-zA-Z])[\u0300-\u036f]+")
SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """NFKC, half width, simplified, lower case, one line, no emoji; at most 20,000 characters."""
    found = unicodedata.normalize("NFKC", text[:LONGEST])
    if not found.isascii():
        found = unicodedata.normalize("NFC", TONES.sub("", unicodedata.normalize("NFD", found)))
    found = CONTROL.sub(" ", INVISIBLE.sub("", found))
    found = found.translate(TRADITIONAL).translate(PUNCTUATION).lower()
    found = EMOJI.sub(" ", EMOTICON.sub(" ", found))
    return SPACES.sub(" ", found).strip()


def readable(text: str) -> str:
    """A member's own words as they are kept: only what cannot be shown is taken out."""
    return CONTROL.sub("", INVISIBLE.sub("", text)).strip()

"""Names of companies and people of the chip trade, and of the places in its news, as several languages write them.

英伟达 does not sound like NVIDIA, nor 德国 or Allemagne like Germany: no transliteration tells that they are one.
Chinese is in Simplified characters. What also means something else is not here: 苹果 is an apple, 联想 is to think of,
超微 is Supermicro in Beijing and AMD in Taipei, 이란 ends many a Korean word.
"""

import re
from types import MappingProxyType

_TABLE = """
alibaba 阿里巴巴 アリババ 알리바바
amd 超威半导体 超微半导体
america amerika amerique 美国 米国 アメリカ 미국
asml 阿斯麦
australia australie 澳大利亚 オーストラリア 호주
baidu 百度 バイドゥ 바이두
beijing pekin peking 北京 베이징
berlin 柏林 ベルリン 베를린
biden 拜登 バイデン 바이든
britain britannien 英国 イギリス 영국
brussels bruxelles brussel 布鲁塞尔 ブリュッセル 브뤼셀
bytedance 字节跳动 バイトダンス 바이트댄스
california californie kalifornien 加利福尼亚 加州 カリフォルニア 캘리포니아
canada kanada 加拿大 カナダ 캐나다
china chine 中国 중국
dell 戴尔
dubai 迪拜 ドバイ 두바이
europe europa 欧洲 ヨーロッパ 유럽
foxconn 富士康 鸿海 フォックスコン 폭스콘
france frankreich 法国 フランス 프랑스
germany deutschland allemagne 德国 ドイツ 독일
gigabyte 技嘉 ギガバイト 기가바이트
google 谷歌 グーグル 구글
guangzhou 广州 광저우
hangzhou 杭州 항저우
hong 香港 홍콩
huang 黄仁勋 ジェンスン 젠슨
huawei 华为 ファーウェイ 화웨이
hygon 海光信息
hynix 海力士 ハイニックス 하이닉스
india indien inde 印度 インド
indonesia indonesien indonesie 印度尼西亚 印尼 インドネシア 인도네시아
inspur 浪潮信息 浪潮集团
intel 英特尔 インテル 인텔
iran 伊朗 イラン
israel 以色列 イスラエル 이스라엘
japan japon 日本 일본
johor 柔佛 ジョホール 조호르
korea coree 韩国 한국
lenovo 联想集团 レノボ 레노버
london londres 伦敦 ロンドン 런던
lumpur 吉隆坡 クアラルンプール 쿠알라룸푸르
malaysia malaisie 马来西亚 マレーシア 말레이시아
mexico mexiko mexique 墨西哥 メキシコ 멕시코
micron 美光科技 マイクロン 마이크론
microsoft 微软 マイクロソフト 마이크로소프트
moscow moskau moscou 莫斯科 モスクワ 모스크바
musk 马斯克 マスク氏 머스크
netherlands 荷兰 オランダ 네덜란드
nvidia 英伟达 辉达 エヌビディア 엔비디아
paris 巴黎 パリ
quanta 广达电脑
riyadh riad 利雅得 リヤド 리야드
russia russland russie 俄罗斯 ロシア 러시아
samsung 三星 サムスン 삼성
saudi 沙特 サウジ サウジアラビア 사우디
shanghai 上海 상하이
shenzhen 深圳 선전시
singapore singapur singapour 新加坡 シンガポール 싱가포르
smic 中芯国际
softbank 软银 ソフトバンク 소프트뱅크
supermicro 超微电脑 美超微 スーパーマイクロ 슈퍼마이크로
taiwan 台湾 대만
tencent 腾讯 テンセント 텐센트
tesla 特斯拉 テスラ 테슬라
texas 得克萨斯 得州 テキサス 텍사스
thailand thailande 泰国 タイ王国 태국
tokyo tokio 东京 도쿄
trump 特朗普 川普 トランプ 트럼프
tsmc 台积电
turkey turkei turquie 土耳其 トルコ 튀르키예
ukraine 乌克兰 ウクライナ 우크라이나
vietnam 越南 ベトナム 베트남
washington 华盛顿 ワシントン 워싱턴
york 纽约 ニューヨーク 뉴욕
"""

_ROWS = tuple(tuple(row.split()) for row in _TABLE.strip().split("\n"))
LATIN = MappingProxyType({name: row[0] for row in _ROWS for name in row if name.isascii()})
"""Names in Latin letters, each with the one that stands for it."""
_OTHERS = MappingProxyType({name: f" {row[0].capitalize()} " for row in _ROWS for name in row if not name.isascii()})
_any_other = re.compile("|".join(sorted(map(re.escape, _OTHERS), key=len, reverse=True)))


def latinised(text: str) -> str:
    """A text in Simplified characters with these names in Latin letters."""
    return text if text.isascii() else _any_other.sub(_latin, text)


def _latin(found: re.Match[str]) -> str:
    """A name where it is no part of a longer word: アドバイス holds ドバイ. Korean puts its particles behind a name.

    It is looked at here and not in the expression, whose search took half of the time of a post with it.
    """
    start, end = found.span()
    before, after = found.string[start - 1 : start], found.string[end : end + 1]
    is_part = (
        _both_katakana(before, found[0][0]) or _both_katakana(found[0][-1], after) or _both_korean(before, found[0][0])
    )
    return found[0] if is_part else _OTHERS[found[0]]


def _both_katakana(one: str, other: str) -> bool:
    return all("\u30a1" <= char <= "\u30fc" and char != "\u30fb" for char in (one, other))


def _both_korean(one: str, other: str) -> bool:
    return all("\uac00" <= char <= "\ud7af" for char in (one, other))

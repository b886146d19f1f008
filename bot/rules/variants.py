"""Other characters that stand for the same: Traditional and Simplified Chinese, look-alike letters, letters for digits.

Chinese variants and letters for digits (H1OO) are put on the keyword's side, when a topic is compiled; look-alikes from
other alphabets (a Cyrillic Н in Н100) are unmasked on the text's side, in the few texts that hold any.
"""

import re
from collections import defaultdict
from functools import cache
from string import ascii_uppercase, digits

from opencc import OpenCC

from bot.rules.letters import WORD

LETTERS = {"0": "0o", "1": "1li"}
"""What may stand for a digit beside a real one, in folded text: H1OO, Hl00; never HIOO."""

_HAN = range(0x3400, 0xA000)
_written_han = re.compile("[\u3400-\u9fff]")


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _simple() -> dict[int, str]:
    """Each Traditional character with the Simplified one: 乾 is 干 in any word. For str.translate."""
    written = "".join(map(chr, _HAN))
    simple: str = _converter().convert("\n".join(written))
    return {ord(char): plain for char, plain in zip(written, simple.split("\n"), strict=True) if char != plain}


@cache
def _traditional() -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, _simple()))}]")


@cache
def _families() -> dict[str, str]:
    """Each Chinese character that is written in several ways, with all the ways: 发 is 发, 發 and 髮."""
    family: defaultdict[str, str] = defaultdict(str)
    for char in map(chr, _HAN):
        family[_simple().get(ord(char), char)] += char
    return {char: members for members in family.values() if len(members) > 1 for char in members}


def simplified(chars: str) -> str:
    """Traditional as Simplified Chinese, each character apart from its neighbours."""
    if not _written_han.search(chars) or not _traditional().search(chars):
        return chars
    return chars.translate(_simple())


def siblings(char: str) -> str:
    """A character and what is read as the same in Traditional or Simplified Chinese; the character itself is first.

    Script alone: 服务器 is 服務器, and not 伺服器, which is another word.
    """
    if ord(char) not in _HAN:
        return char
    return char + _families().get(char, char).replace(char, "")


# Unicode's confusables (UTS 39) for Latin letters, as far as one would take them for one another in running text.
_ALIKE = (
    ("АВЕЅІЈКМНОРСТУХԚԜӀЗ", "ABESIJKMHOPCTYXQWI3"),  # Cyrillic, capital
    ("асԁеһіјорԛѕуѵԝхӏԍкғ", "acdehijopqsyvwxlgkf"),  # and small
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),  # Greek
    ("αγικνορυ", "ayikvopu"),
    ("օսհոցզ", "ouhngq"),  # Armenian
    ("ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᏀᏃᏚᏙᏞᏟᏢᏦᏴ", "DRTiAJEWMHGZSVLCPKB"),  # Cherokee
)
# Latin letters and digits in other dress, which compatibility folding leaves alone.
_DRESSED = (
    ("ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdeghijklmnoprstuvwyz"),  # small capitals
    *(("".join(chr(first + letter) for letter in range(26)), ascii_uppercase) for first in (0x1F150, 0x1F170)),
    *(("".join(chr(zero + digit) for digit in range(10)), digits) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)),
)
_FOREIGN = "".join(masks for masks, _ in _ALIKE)
_COSTUMES = "".join(masks for masks, _ in _DRESSED)
_PLAIN = str.maketrans(_FOREIGN + _COSTUMES, "".join(letters for _, letters in _ALIKE + _DRESSED))
_SILENT = "\u00ad\u0300-\u036f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff"
# The first bytes, in UTF-8, of all of these; few texts hold one, and nothing tells so faster.
_LEADS = bytes({char.encode()[0] for char in _FOREIGN + _COSTUMES})
_any = re.compile(f"[{_FOREIGN}{_COSTUMES}]")
_masked = re.compile(f"[{_COSTUMES}]|[0-9A-Za-z][{_SILENT}]*[{_FOREIGN}]|[{_FOREIGN}][{_SILENT}]*[0-9A-Za-z]")
# A word that may be a disguise: nothing but these, and no other letter of a spaced script beside them.
_token = re.compile(f"(?<!{WORD})[0-9A-Za-z_{_SILENT}{_FOREIGN}{_COSTUMES}]++(?!{WORD})")
_latin = re.compile(f"[0-9A-Za-z{_COSTUMES}]")


def unmask(text: str) -> str | None:
    """The text, place by place, with Latin letters and digits instead of look-alikes; None where it holds none.

    Only where a word has nothing but Latin letters, digits and look-alikes, and some of both: Нот and сор are Russian.
    """
    raw = text.encode(errors="replace")
    if len(raw.translate(None, _LEADS)) == len(raw) or not _any.search(text) or not _masked.search(text):
        return None
    unmasked = _token.sub(_bared, text)
    return None if unmasked == text else unmasked


def _bared(found: re.Match[str]) -> str:
    token = found[0]
    return token.translate(_PLAIN) if _latin.search(token) else token

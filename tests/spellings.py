"""Texts on which folding and matching are tried: pieces of words in many spellings, and any characters at all."""

from hypothesis import strategies as st

ANY = st.text(st.characters(exclude_categories=()), max_size=40)
PARTS = (
    "H",
    "100",
    "H100",
    "super",
    "Micro",
    "超微",
    "半导体",
    " ",
    "-",
    ".",
    "\n",
    "🔥",
    "\u200b",
    "\u0301",
    "é",
    "œ",
    "й",
    "ß",
)
PARTS += ("ﾊﾟ", "™", "²", "’s", "x", "8", "@", "https://", "Ｈ", "𝟏", "İ", "한", "(", "，", "km", "\ud800", "\0", "ŉ")
SPELT = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)

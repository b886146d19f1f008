"""Which characters are letters of a word, in which scripts, for use inside regular expressions."""

import re

EMOJI = "\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
"""Inside [...]: signs that people put between the letters of a word."""
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u3099-\u309f\u30a1-\u30fa"
    "\u30fc-\u312f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Inside [...]: letters that stand without spaces between words; Hangul also as the parts that it decomposes into."""
unspaced = re.compile(f"[{UNSPACED}]")
"""Matches one of them."""
WORD = f"[^\\W_\u02bc{UNSPACED}]"
"""A letter or digit of a script that puts spaces between words."""

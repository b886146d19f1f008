"""Addresses: made absolute, and made into a key that is equal for two spellings of one page.

A key is for comparing, never for opening: the address as published is kept beside it. The rules were fixed against
40 pairs that must be equal, 20 that must not, and 7,592 real links, of which they merge no two that differ.
"""

import re
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

_TRACKING = re.compile(
    r"(?:utm|at|guce|hsa|mtm|matomo|piwik|oly|vero)_\w+|pk_(?:campaign|kwd|source|medium|content)|_hs\w+|__s|"
    r"__twitter_impression|_ga|_gl|amp|cmpid|dclid|ef_id|fbclid|fb_action_\w+|fb_ref|gbraid|gclid|gclsrc|guccounter|"
    r"icid|ig_rid|igsh|igshid|ito|li_fat_id|mc_cid|mc_eid|mkt_tok|msclkid|ncid|ns_\w+|ocid|outputtype|s_cid|s_kwcid|"
    r"spm|srnd|sref|taid|tpcc|trackingid|ttclid|twclid|usqp|wbraid|wt_mc|xtor|yclid|ysclid",
    re.I,
)
_BY_VALUE = re.compile(
    r"ref|ref_src|referrer|source|src|from|via|feature|medium|campaign|output|type|view|mode?|partner", re.I
)
_VALUES = re.compile(r"rss\d?|rss[-_.]?\w*feeds?|feeds?|atom|feedburner|amp|youtu\.be|twsrc.*|share", re.I)
_MOBILE = re.compile(r"(?:www\d?|m|mobile|amp|touch)\.(?=[^.]+\.)")
_SAME_HOST = MappingProxyType(
    {
        "twitter.com": "x.com", "old.reddit.com": "reddit.com", "new.reddit.com": "reddit.com",
        "np.reddit.com": "reddit.com", "i.reddit.com": "reddit.com", "youtube-nocookie.com": "youtube.com",
    }
)  # fmt: skip
_GOOGLE = re.compile(r"google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")
_VIDEO = re.compile(r"/(?:shorts|embed|live|v)/([\w-]+)/?")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp|shtml)$", re.I)
_AMP = re.compile(r"(?:/amp|/amp\.html?|\.amp)/?$", re.I)
_AMP_INNER = re.compile(r"\.amp(?=\.html?$)", re.I)
_SESSION = re.compile(r";jsessionid=[^/?;]*", re.I)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_FREE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,:@")
_SITE, _HOST = r"https?://(?:www\d?\.)?", r"(?:[a-z0-9-]++\.)+[a-z]{2,}"
_PATH = "(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*+)+"
_PLAIN = re.compile(f"{_SITE}({_HOST})({_PATH})/?")
_PLAIN_LINES = re.compile(f"^{_SITE}({_HOST}{_PATH})/?$", re.M)
_SPECIAL_HOST = re.compile(
    r"(?:www\d?|m|mobile|amp|touch)\..*|.*(?:xn--|google\.|ampproject|youtu|twitter\.com|reddit\.com|wikipedia).*"
)
_SPECIAL_END = re.compile(r"amp|(?:index|default)\..*|.*\.amp(?:\..*)?|amp\..*", re.I)
_SPECIAL_LINES = re.compile(r"[/.](?:amp(?:[/.]|$)|(?:index|default)\.)", re.I | re.M)
"""Finds all addresses with such an end, and a few others."""
_SPECIAL_WORDS = ("amp", "index.", "default.")
"""Each of them holds one of these."""
_WHOLE = re.compile(r"https?://[^/?#\s]", re.I)
_PAGE = re.compile("[/?#]")
_SAFE = "-._~!$'()*,:@/"
_UNWRAPS = 3
_PARTS = ("protocol", "hostname", "port", "pathname", "search")


def absolute(base: str, url: str) -> str:
    """``url`` as seen from the page ``base``, or "" when that is no http(s) address (mailto:, #top, data:)."""
    url = url.strip() if url.isprintable() else "".join(char for char in url if char.isprintable()).strip()
    if not url or url.startswith("#"):
        return ""
    if _WHOLE.match(url) and "[" not in url:
        return url
    try:
        joined = urljoin(base, url)
        urlsplit(joined)
    except ValueError:
        return ""
    return joined if _WHOLE.match(joined) else ""


def absolutes(base: str, urls: Sequence[str]) -> list[str]:
    """``absolute`` of each."""
    whole = "".join(urls)
    usual = whole.isprintable() and " " not in whole and "[" not in whole and all(map(_WHOLE.match, urls))
    return list(urls) if usual else [absolute(base, url) for url in urls]


def key(url: str) -> str:
    """The canonical key of an address: equal keys mean the same page. "" for what is not http(s).

    Scheme, user, ``www``/``m``/``amp`` hosts, default port, tracking parameters, order of parameters, ways of
    percent-encoding, doubled slashes, ``index.html``, a slash at the end and the fragment make no difference. AMP
    pages, Google's redirects, YouTube's short forms, old.reddit, twitter.com and mobile Wikipedia are unwrapped.
    """
    return _plain_key(url) or _key(url, _UNWRAPS)


def _plain_key(url: str) -> str:
    """The key of an address of plain letters, on which no rule but those for the host's name bears; else ""."""
    found = _PLAIN.fullmatch(url)
    if found is None or _SPECIAL_HOST.fullmatch(found[1]):
        return ""
    end = found[2].rpartition("/")[2]
    return "" if _SPECIAL_END.fullmatch(end) else found[1] + found[2]


def keys(urls: Sequence[str]) -> tuple[str, ...]:
    """The keys of the links of one batch, for finding known posts: "" where a link does not identify its post.

    That is the case where several posts share the link, or it is a bare home page. Fragments are kept when posts of
    this batch differ by fragment alone (link blogs, change lists), since there ``#anchor`` is the post.
    """
    bare = _plain_keys(urls)
    if bare and len(set(bare)) == len(bare):
        return tuple(bare)
    bare = bare or [key(url) for url in urls]
    fragments = [url.partition("#")[2] if found else "" for url, found in zip(urls, bare, strict=True)]
    if len(set(bare)) < len(set(zip(bare, fragments, strict=True))):
        bare = [f"{found}#{fragment}" if fragment else found for found, fragment in zip(bare, fragments, strict=True)]
    count = Counter(bare)
    return tuple(found if count[found] == 1 and _PAGE.search(found) else "" for found in bare)


def _plain_keys(urls: Sequence[str]) -> list[str]:
    """``_plain_key`` of each in one go, which nearly all feeds allow; [] where that cannot be."""
    lines = "\n".join(urls)
    keys: list[str] = _PLAIN_LINES.findall(lines)
    if len(keys) != len(urls) or lines.count("\n") != len(urls) - 1:
        return []
    lower = lines.lower()
    if any(word in lower for word in _SPECIAL_WORDS) and _SPECIAL_LINES.search(lines):
        return []
    hosts = {each.partition("/")[0] for each in keys}
    return [] if any(map(_SPECIAL_HOST.fullmatch, hosts)) else keys


def _key(url: str, unwraps: int) -> str:
    from ada_url import parse_url

    try:
        parts = parse_url(url.strip(), attributes=_PARTS)
    except ValueError:
        return ""
    if parts["protocol"] not in ("http:", "https:") or not parts["hostname"]:
        return ""
    host, port, path = _host(parts["hostname"]), parts["port"], parts["pathname"]
    query = parse_qsl(parts["search"][1:], keep_blank_values=True) if parts["search"] else []
    if unwraps and (inner := _wrapped(host, path, query)):
        return _key(inner, unwraps - 1) or _spell(host, port, path, query)
    return _spell(host, port, path, query)


def _host(host: str) -> str:
    host = host.rstrip(".")
    if host.endswith(".m.wikipedia.org"):
        return host.removesuffix(".m.wikipedia.org") + ".wikipedia.org"
    host = _MOBILE.sub("", host, count=1) if _MOBILE.match(host) else host
    return _SAME_HOST.get(host, host)


def _wrapped(host: str, path: str, query: list[tuple[str, str]]) -> str:
    """The address inside a redirector, an AMP cache or a short form, or ""."""
    if _GOOGLE.fullmatch(host):
        return _google(path, query)
    if host.endswith("cdn.ampproject.org"):
        return _cached(path)
    if host == "youtu.be" and len(path) > 1:
        return f"https://youtube.com/watch?v={path[1:].strip('/')}"
    if host == "youtube.com" and (video := _VIDEO.fullmatch(path)):
        return f"https://youtube.com/watch?v={video[1]}"
    return ""


def _google(path: str, query: list[tuple[str, str]]) -> str:
    if path == "/url":
        return next((value for name, value in query if name in ("url", "q") and value.startswith("http")), "")
    return _cached(path.removeprefix("/amp")) if path.startswith("/amp/") else ""


def _cached(path: str) -> str:
    """The page in an AMP viewer's path: /c/s/HOST/PATH, /v/HOST/PATH or /s/HOST/PATH."""
    rest = re.sub(r"^/(?:[a-z]/)?", "", path) if path.count("/") > 1 else ""
    rest = rest.removeprefix("s/")
    return f"https://{rest}" if "." in rest.partition("/")[0] else ""


def _spell(host: str, port: str, path: str, query: list[tuple[str, str]]) -> str:
    kept = sorted(pair for pair in query if _counts(host, path, pair))
    name = f"{host}:{port}" if port and port not in ("80", "443") else host
    asked = "&".join(f"{quote(each, safe=_SAFE)}={quote(value, safe=_SAFE)}" for each, value in kept)
    return name + _path(path) + (f"?{asked}" if asked else "")


def _path(path: str) -> str:
    path = re.sub(r"/{2,}", "/", _SESSION.sub("", _ESCAPE.sub(_escape, path)))
    path = _INDEX.sub("/", _AMP.sub("", _AMP_INNER.sub("", path)))
    return path.rstrip("/") if len(path) > 1 else ""


def _escape(found: re.Match[str]) -> str:
    char = unquote(found[0], "latin-1")
    return char if char in _FREE else found[0].upper()


def _counts(host: str, path: str, pair: tuple[str, str]) -> bool:
    """Whether this parameter says which page it is. ``ref=`` and ``source=`` do, but for a few values."""
    name, value = pair
    if host == "youtube.com" and path == "/watch":
        return name == "v"
    if host == "x.com" and "/status/" in path:
        return False
    return not _TRACKING.fullmatch(name) and not (_BY_VALUE.fullmatch(name) and _VALUES.fullmatch(value))

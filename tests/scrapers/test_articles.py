import gzip
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import Response, ScrapeError, TooLarge, Unreadable, _article
from scrapers._article import Article
from scrapers._post import MAX_TEXT
from scrapers._worker import Worker

DATA = Path(__file__).parent / "data" / "article_pages"
CAPTURES = Path(__file__).parents[2] / ".." / "shared" / "captures" / "news_html"
URL = "https://quay.example.org/2024/11/silent-crane"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MORNING = datetime(2024, 11, 23, 7, 15, tzinfo=UTC)
NOTICE = "<p>The ferry to Varde does not sail tonight, since fog lies on the sound.</p>"
PROSE = "".join(
    f"<p>On day {day} the pilots counted {day * 3} ships in the bay, and wrote their names in a book.</p>"
    for day in range(1, 30)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["@type", "@id", "name", "url", "headline", "author", "image", "datePublished", "inLanguage"]),
        inner, max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    opened = Worker(children=1)
    yield opened
    await opened.aclose()


def response(body: bytes | str, content_type: str = "text/html; charset=utf-8", url: str = URL) -> Response:
    content = body.encode() if isinstance(body, str) else body
    return Response(url=url, body=content, headers={"content-type": content_type} if content_type else {})


def read(body: bytes | str, content_type: str = "text/html; charset=utf-8", url: str = URL) -> Article:
    """As the worker does it, in this process: for what is harmless."""
    return _article.whole(body.encode() if isinstance(body, str) else body, url, content_type, NOW)


def page(body: str = PROSE, head: str = "", lang: str = "") -> str:
    return f"<!doctype html><html{lang and f' lang={lang}'}><head>{head}</head><body><article>{body}</article></body>"


def json_ld(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


def news(**fields: Any) -> Article:
    return read(page(head=json_ld({"@type": "NewsArticle", **fields})))


# The text


async def test_a_page_is_read_whole_in_the_child(worker: Worker) -> None:
    body = (DATA / "harbour.html").read_bytes()
    found = await _article.read(response(body, url=URL + "?utm_source=feed"), worker=worker, fetched=NOW)
    assert found.url == URL
    assert found.title == "Silent crane arrives at Norhaven"
    assert found.author == "Mara Lind, Odo Fenn"
    assert found.published == MORNING
    assert found.lang == "en-gb"
    assert found.media == (
        "https://quay.example.org/pictures/crane.jpg", "https://quay.example.org/pictures/crane-wide.jpg"
    )  # fmt: skip
    assert len(worker.pids) == 1


def test_only_the_article_is_in_the_text() -> None:
    text = read((DATA / "harbour.html").read_bytes()).text
    around = ("NAV", "MENU", "SIDE", "RELATED", "COMMENT", "ASIDE", "FOOT", "HEADER", "SCRIPT", "STYLE")
    assert [each for each in around if f"{each}WORD" in text] == []
    assert "runs on a DEEPWORD computer" in text
    assert "LISTWORD, from Varde.\nThe second" in text
    assert "Machine Tons\nTABLEWORD 7 40\nOld crane 32\n" in text


def test_chinese_is_read_alike() -> None:
    found = read((DATA / "gangkou.html").read_bytes(), "text/html")
    assert (found.title, found.author, found.lang) == ("北港迎来首台电动起重机", "林晓港", "zh-cn")
    assert found.published == datetime(2024, 11, 23, 7, 30, tzinfo=UTC)
    assert "控制室使用的是深处芯片" in found.text
    assert [each for each in ("导航词语", "侧栏词语", "页脚词语", "热门推荐") if each in found.text] == []


def test_a_short_notice_does_not_bring_the_menu_along() -> None:
    menu = "".join(f'<div><a href="/{number}">MENUWORD number {number}</a></div>' for number in range(30))
    found = read(f"<!doctype html><html><body><div>{menu}</div><article>{NOTICE}</article></body></html>")
    assert found.text == "The ferry to Varde does not sail tonight, since fog lies on the sound."


@pytest.mark.parametrize(
    "body", ["", "<nav><a href=/1>MENUWORD one</a> <a href=/2>Two</a></nav>", "<div id=app></div>"]
)
def test_a_page_without_an_article_has_no_text(body: str) -> None:
    found = read(f"<!doctype html><html><head><title>Sign in</title></head><body>{body}</body></html>")
    assert found == Article(url=URL, title="Sign in")


def test_a_page_laid_out_in_a_table_is_not_lost() -> None:
    menu = "".join(f'<a href="/{number}">MENUWORD number {number}</a><br>' for number in range(9))
    found = read(f"<html><body><table><tr><td>{menu}</td><td>{PROSE}</td></tr></table></body></html>")
    assert "On day 29 the pilots" in found.text
    assert "MENUWORD" not in found.text
    assert "|" not in found.text


def test_a_long_text_is_cut() -> None:
    found = read(page("".join(f"<p>Ship {number} came in. {'It was late. ' * 40}</p>" for number in range(800))))
    assert MAX_TEXT - 100 < len(found.text) <= MAX_TEXT


@pytest.mark.parametrize(
    ("charset", "header", "inside"),
    [
        ("gb18030", "text/html; charset=gb2312", ""),
        ("gb18030", "text/html", '<meta charset="GBK">'),
        ("big5", "text/html", '<meta content="text/html; charset=big5" http-equiv=Content-Type>'),
        ("utf-8", "text/html; charset=utf-8", '<meta charset="gbk">'),
        ("utf-8", "", ""),
        ("utf-16", "text/html", ""),
        ("utf-8-sig", "text/html", '<meta charset="gbk">'),
    ],
)
async def test_every_way_to_name_a_charset(worker: Worker, charset: str, header: str, inside: str) -> None:
    written = f"<html><head>{inside}<title>北港</title></head><body><p>海關大樓的屋頂上站著許多孩子。</p></body></html>"
    found = await _article.read(response(written.encode(charset), header), worker=worker, fetched=NOW)
    assert (found.title, found.text) == ("北港", "海關大樓的屋頂上站著許多孩子。")


def test_undeclared_windows_1252() -> None:
    assert read("<html><body><p>Le café près de l’église a fermé.</p></body></html>".encode("cp1252"), "").text == (
        "Le café près de l’église a fermé."
    )


async def test_a_body_that_is_gzip_after_all(worker: Worker) -> None:
    found = await _article.read(response(gzip.compress(page(NOTICE).encode())), worker=worker, fetched=NOW)
    assert "fog lies on the sound" in found.text


def test_a_page_without_html_and_head_tags_keeps_its_title() -> None:
    assert read(f"<!-- saved --><title>Fog</title><p>{NOTICE}").title == "Fog"


# articleBody


def test_the_declared_body_serves_where_little_is_found() -> None:
    body = "The ferry to Varde does not sail tonight. " * 20
    found = read(page(NOTICE, json_ld({"@type": "BlogPosting", "articleBody": f"<p>{body}</p>"})))
    assert found.text == body.strip()


@pytest.mark.parametrize("body", ["Too short.", "{%;1;}" * 400, ["no", "string"], None])
def test_the_declared_body_must_be_longer_and_prose(body: object) -> None:
    found = read(page(NOTICE, json_ld({"@type": "NewsArticle", "articleBody": body})))
    assert "fog lies on the sound" in found.text


def test_the_declared_body_does_not_replace_a_text_that_was_found() -> None:
    assert "SEOWORD" not in news(articleBody="SEOWORD and many more words. " * 500).text


# Metadata


@pytest.mark.parametrize(
    "kind",
    ["NewsArticle", "ReportageNewsArticle", "Article", "BlogPosting", "LiveBlogPosting", "TechArticle",
     "https://schema.org/NewsArticle", ["WebPage", "OpinionNewsArticle"]],
)  # fmt: skip
@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: [{"@type": "Person"}, each],
                                  lambda each: {"@graph": [{"@type": "Person"}, each]},
                                  lambda each: {"@type": "WebPage", "mainEntity": each}])  # fmt: skip
def test_types_and_places_of_json_ld(kind: object, wrap: Any) -> None:
    found = read(page(head=json_ld(wrap({"@type": kind, "headline": "Fog"})) + "<title>Other</title>"))
    assert found.title == "Fog"


@pytest.mark.parametrize("kind", ["WebPage", "Person", "ArticleList", "", None, 1, {}])
def test_other_types_are_left_alone(kind: object) -> None:
    assert read(page(head=json_ld({"@type": kind, "headline": "Fog"}) + "<title>Other</title>")).title == "Other"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('{"@type": "Article", "headline": "Fog\non the sound"}', "Fog on the sound"),
        ('{"@type": "Article", "headline": "Fog &amp;hellip; &amp; rain"}', "Fog … & rain"),
        ('{"@type": "Article", "headline": "<em>Fog</em> tonight"}', "Fog tonight"),
        ('{"@type": "Article", "headline": "All of &lt;div&gt;"}', "All of <div>"),
        ("{&quot;@type&quot;: &quot;Article&quot;, &quot;headline&quot;: &quot;Fog&quot;}", "Fog"),
        ('//<![CDATA[\n{"@type": "Article", "headline": "Fog"}\n//]]>', "Fog"),
        ('{"@type": "Article", "headline": "Fog"};', "Fog"),
        ('{"@type": "Article", "headline": "Half \\ud83d of it"}', "Half of it"),
        ('{"@type": "Article", "headline": ["", "Fog"]}', "Fog"),
        ('{"@type": "Article", "headline": "Fog', "Other"),
        ("[" * 100_000, "Other"),
        ("", "Other"),
        ("null", "Other"),
    ],
)
def test_json_ld_is_read_leniently_or_passed_over(written: str, title: str) -> None:
    assert read(page(head=json_ld(written) + "<title>Other</title>")).title == title


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Mara Lind", "Mara Lind"),
        ({"name": "Mara Lind"}, "Mara Lind"),
        ([{"name": "Mara Lind"}, "Odo Fenn", {"name": "Mara Lind"}, {}, None], "Mara Lind, Odo Fenn"),
        ('{ "@type": "Person", "name": "Mara Lind" }', "Mara Lind"),
        ("mara@example.org (Mara Lind)", "Mara Lind"),
        ("https://example.org/people/mara", ""),
        (7, ""),
    ],
)
def test_authors_in_json_ld(author: object, name: str) -> None:
    assert news(author=author).author == name


def test_pictures_in_json_ld() -> None:
    found = news(image=["/a.jpg", {"contentUrl": "b.jpg"}, "data:image/png;base64,x", "/a.jpg", "/" + "a" * 3000])
    assert found.media == ("https://quay.example.org/a.jpg", "https://quay.example.org/2024/11/b.jpg")


def test_json_ld_comes_before_open_graph_and_each_field_by_itself() -> None:
    head = (
        json_ld({"@type": "Article", "headline": "Fog", "datePublished": "soon"})
        + '<meta property="og:title" content="Rain">'
        + '<meta property="article:published_time" content="2024-11-23T07:15Z">'
        + '<meta name="author" content="Odo Fenn"><meta property="og:locale" content="nb_NO"><title>Hail</title>'
    )
    found = read(page(head=head))
    assert (found.title, found.published, found.author, found.lang) == ("Fog", MORNING, "Odo Fenn", "nb-no")


@pytest.mark.parametrize(
    ("head", "body", "published"),
    [
        ("", '<time datetime="2024-11-23T08:15:00+01:00">today</time>', MORNING),
        ('<meta itemprop="datePublished" content="2024-11-23T07:15:00Z">', '<time datetime="2020"></time>', MORNING),
        ("", '<time datetime="never"></time><time datetime="2024-11-23T07:15Z"></time>', MORNING),
        ('<meta name="date" content="2999-01-01T00:00:00Z">', "", NOW),
        ("", "<time>2024-11-23</time>", None),
        (json_ld({"@type": "Article", "dateModified": "2024-11-23T07:15:00Z"}), "", None),
    ],
)  # fmt: skip
def test_dates(head: str, body: str, published: datetime | None) -> None:
    assert read(page(PROSE + body, head)).published == published


def test_a_date_in_a_side_bar_is_not_the_article_s() -> None:
    aside = '<aside><time datetime="2024-11-23T07:15Z"></time></aside>'
    assert read(f"<html><body><div>{PROSE}</div>{aside}</body></html>").published is None


@pytest.mark.parametrize(
    ("lang", "head", "expected"),
    [
        ("zh-Hant-TW", "", "zh-hant-tw"),
        ("pt_BR", "", "pt-br"),
        ("English", '<meta property="og:locale" content="en_GB">', "en-gb"),
        ("x-default", "", ""),
        ("fr", json_ld({"@type": "Article", "inLanguage": {"@type": "Language", "alternateName": "de"}}), "de"),
        ("fr", json_ld({"@type": "Article", "inLanguage": "Deutsch"}), "fr"),
    ],
)
def test_languages(lang: str, head: str, expected: str) -> None:
    assert read(page(head=head, lang=lang)).lang == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<link rel="canonical" href="https://quay.example.org/crane">', "https://quay.example.org/crane"),
        ('<link rel="shortlink Canonical" href="../crane">', "https://quay.example.org/2024/crane"),
        ('<base href="https://other.example.org/"><link rel="canonical" href="/c">', "https://other.example.org/c"),
        ('<meta property="og:url" content="/og?a=1&amp;b=2">', "https://quay.example.org/og?a=1&b=2"),
        ('<link rel="canonical" href="/c"><meta property="og:url" content="/og">', "https://quay.example.org/c"),
        ('<link rel="canonical" href="https://quay.example.org/"><meta property="og:url" content="/og">',
         "https://quay.example.org/og"),
        ('<link rel="canonical" href="https://other.example.org">', URL),
        ('<link rel="canonical" href="/index.html">', URL),
        ('<link rel="canonical" href="https://other.example.org/c">', "https://other.example.org/c"),
        ('<link rel="canonical" href="javascript:alert(1)">', URL),
        ('<link rel="canonical" href="file:///etc/hosts">', URL),
        ('<link rel="canonical" href="//[x">', URL),
        (f'<link rel="canonical" href="/{"a" * 3000}">', URL),
        ("<link rel=canonical>", URL),
    ],
)  # fmt: skip
def test_the_page_s_own_address(head: str, expected: str) -> None:
    assert read(page(head=head)).url == expected


def test_a_home_page_may_say_that_it_is_one() -> None:
    head = '<link rel="canonical" href="https://quay.example.org/">'
    assert read(page(head=head), url="https://quay.example.org/?utm_source=x").url == "https://quay.example.org/"


@given(JSON)
def test_no_json_ld_breaks_the_reading(value: Any) -> None:
    found = read(page(NOTICE, json_ld(json.dumps([value, {"@type": "Article", "headline": value, "author": value}]))))
    assert "fog lies" in found.text
    assert "\n" not in found.title + found.author
    assert found.published is None or found.published <= NOW
    assert all(each.startswith("http") for each in found.media)


@given(st.text(max_size=200))
def test_no_text_in_its_place_breaks_it_either(text: str) -> None:
    assert "fog lies" in read(page(NOTICE, json_ld(text.replace("<", "")))).text


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_an_error_of_ours(junk: bytes) -> None:
    with suppress(ScrapeError):
        assert isinstance(read(b"<html>" + junk), Article)


# What is no page, or one made to be slow


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"", "text/html", "an empty page"),
        (b" \n ", "text/html", "an empty page"),
        (b"%PDF-1.7 ...", "application/pdf", "not an HTML page but application/pdf"),
        (b"%PDF-1.7 ...", "text/html", "not an HTML page but application/pdf"),
        (b"\xff\xd8\xff", "image/JPEG; x=y", "not an HTML page but image/jpeg"),
        (b'{"a": "<p>"}', "application/json", "not an HTML page but application/json"),
        (b'{"a": 1}', "text/html", "not an HTML page"),
        (b"just words", "", "not an HTML page"),
    ],
)
async def test_what_is_no_page(worker: Worker, body: bytes, content_type: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        await _article.read(response(body, content_type), worker=worker, fetched=NOW)
    assert str(caught.value) == f"{URL}: {said}"
    assert worker.pids == ()


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 100_000,
        "<b>" * 1_600_000,
        "<i>" * 300,
        f"<div {' '.join(f'a{number}=1' for number in range(200_000))}>",
        f"<div z='>' {' '.join(f'a{number}=1' for number in range(200_000))}>",
        gzip.compress(b"<html>" + b"<div>" * 2_000_000),
        gzip.compress(b"<html>" + b"<div>" * 100_000),
    ],
    ids=["nested", "many", "deep", "attributes", "attributes and quotes", "bomb", "nested in gzip"],
)
async def test_a_page_made_to_be_slow_is_refused(worker: Worker, body: bytes | str) -> None:
    content = body if isinstance(body, bytes) else f"<!doctype html><html><body>{body}</body></html>"
    await worker.run("_article.whole", page().encode(), URL, "", NOW)
    start = time.process_time()
    with pytest.raises(TooLarge):
        await _article.read(response(content), worker=worker, fetched=NOW)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", "<script>" + "var a=1;" * 500_000 + "</script>"),
        ("", "<script>" + "var a=1;" * 500_000),
        ("", " " * 4_000_000),
        ("", "<p>" + "&" * 300_000),
        (json_ld('{"@type":"Article","headline":"' + 'a\\"b,{[' * 400_000), ""),
        (json_ld("[" * 2_000_000), ""),
        (json_ld('{"@type":"Article","n":' + "9" * 2_000_000 + "}"), ""),
        (json_ld([{"@type": "Article", "author": [{"name": "a@b(" * 5_000}] * 20}] * 10), ""),
        ("<meta content='charset' " * 20_000, ""),
    ],
    ids=["script", "open script", "spaces", "ampersands", "broken json", "nested json", "digits", "authors", "meta"],
)
async def test_a_page_with_something_huge_in_it_is_read(worker: Worker, head: str, body: str) -> None:
    content = response(page(PROSE, head) + body)
    await worker.run("_article.whole", page().encode(), URL, "", NOW)
    start = time.process_time()
    found = await _article.read(content, worker=worker, fetched=NOW)
    assert time.process_time() - start < 0.5
    assert found.url == URL


async def test_what_takes_too_long_is_killed_and_the_next_page_is_read() -> None:
    slow = "<article>" * 120 + "<main>" * 100 + "<time datetime=x></time>" * 24_000
    worker = Worker(children=1, limit=2)
    with pytest.raises(ScrapeError, match="longer than 2 s"):
        await _article.read(response(f"<html><body>{slow}"), worker=worker, fetched=NOW)
    assert "fog" in (await _article.read(response(page(NOTICE)), worker=worker, fetched=NOW)).text
    await worker.aclose()


# Real captures


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not beside this project")
@pytest.mark.parametrize(
    ("name", "title", "published", "lang", "words"),
    [
        (
            "chinadaily_zh_cn",
            "外国专家：中美合作共赢符合国际社会利益",
            "2023-11-17T00:00",
            "",
            "美方应当采取更多行动。",
        ),
        ("ltn_zh_tw", "是你嗎？ 1-2月期發票千萬獎開出18張", "2020-04-01T02:29", "zh-hant-tw", "兌獎期限5月5日"),
        ("lepoint_fr", "Apologie du terrorisme", "2023-11-02T14:57", "fr", "Le procureur réclamait huit mois ferme."),
        ("wccftech_en", "Stadia Falls Short of 4K", "2019-11-18T21:21", "en-us", "arrive in early 2020."),
        ("scmp_en", "Taiwanese President Tsai", "2020-01-20T02:00", "en-gb", ""),
    ],
)
async def test_captured_news_pages(
    worker: Worker, name: str, title: str, published: str, lang: str, words: str
) -> None:
    body = (CAPTURES / f"{name}.html").read_bytes()
    found = await _article.read(response(body, "text/html", "https://example.org/x"), worker=worker, fetched=NOW)
    assert found.title.startswith(title)
    assert f"{found.published:%Y-%m-%dT%H:%M}" == published
    assert found.lang == lang
    assert found.author
    assert found.media
    assert "example.org" not in found.url
    assert words in found.text
    assert bool(found.text) is bool(words)  # the page of the SCMP holds its text only in a script's state

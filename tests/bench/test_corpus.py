import re

from tests.bench import corpus

POSTS = corpus.posts(600)
KEYWORDS = corpus.keywords(500)


def language(text: str) -> str:
    if len(re.findall("[\u4e00-\u9fff]", text)) > len(text) / 3:
        return "chinese"
    return "french" if re.search("[éèêàç]", text) else "english"


def test_posts_are_as_long_as_posts_are() -> None:
    sizes = [len(post.title) + len(post.text) for post in POSTS]
    assert min(sizes) >= corpus.SHORTEST
    assert max(sizes) <= corpus.LONGEST


def test_the_same_seed_gives_the_same_and_another_seed_others() -> None:
    assert corpus.posts(30) == POSTS[:30]
    assert corpus.keywords(500) == KEYWORDS
    assert corpus.planted(POSTS, KEYWORDS, share=0.1) == corpus.planted(POSTS, KEYWORDS, share=0.1)
    assert corpus.posts(30, seed=7) != POSTS[:30]
    assert corpus.keywords(500, seed=7) != KEYWORDS


def test_a_third_of_the_posts_is_in_each_language() -> None:
    found = [language(post.text) for post in POSTS]
    assert all(abs(found.count(each) - 200) <= 2 for each in ("english", "french", "chinese"))


def test_keywords_are_distinct_and_no_post_has_one_by_chance() -> None:
    assert len({keyword.casefold() for keyword in KEYWORDS}) == 500
    assert KEYWORDS[:10] == corpus.REAL
    text = "\n".join(f"{post.title}\n{post.text}" for post in POSTS).casefold()
    assert [keyword for keyword in KEYWORDS if keyword.strip('"').casefold() in text] == []


def test_only_the_share_asked_for_is_planted() -> None:
    changed = [
        after
        for before, after in zip(POSTS, corpus.planted(POSTS, KEYWORDS, share=0.05), strict=True)
        if before != after
    ]
    assert len(changed) == 30
    assert all(any(keyword.strip('"') in post.text for keyword in KEYWORDS) for post in changed)

import pytest

from tests.bench import matching
from tests.bench.section import Section

LOOKED_THROUGH = 60


@pytest.fixture(scope="module")
def section() -> Section:
    return matching.measure(quick=True, posts=LOOKED_THROUGH)


def test_each_engine_has_a_speed_at_each_number_of_keywords(section: Section) -> None:
    assert [grid.title for grid in section.grids[:-1]] == ["10 keywords", "1,000 keywords"]
    for grid in section.grids[:-1]:
        rows = [dict(zip(grid.headings, row, strict=True)) for row in grid.rows]
        assert [row["engine"] for row in rows] == [engine.name for engine in matching.ENGINES]
        assert all(row["posts"] == LOOKED_THROUGH and row["planted"] == 3 for row in rows)
        assert all(row[figure] > 0 for row in rows for figure in ("posts/s", "MB/s", "x fold + scan"))
        assert [row["engine"] for row in rows if row["build ms"] is None] == [matching.FOLD]


def test_vigie_finds_every_planted_post(section: Section) -> None:
    for grid in section.grids[:-1]:
        rows = {row[0]: dict(zip(grid.headings, row, strict=True)) for row in grid.rows}
        assert [rows[name]["found"] for name in (matching.SCAN, matching.WHOLE)] == [3, 3]
        assert rows[matching.SCAN]["hits"] >= rows[matching.WHOLE]["hits"] >= 3


def test_each_language_has_a_speed(section: Section) -> None:
    assert [row[0] for row in section.grids[-1].rows] == ["English", "French", "Chinese"]
    assert all(cell > 0 for row in section.grids[-1].rows for cell in row[1:])


def test_the_goals_are_those_of_1_000_keywords(section: Section) -> None:
    assert [(goal.name, goal.bar, goal.unit) for goal in section.goals] == [
        ("Vigie: fold + scan, 1,000 keywords", 25_000, "posts/s"),
        ("Vigie: whole path, 1,000 keywords", 15_000, "posts/s"),
    ]
    assert section.short == tuple(goal for goal in section.goals if goal.value < goal.bar)

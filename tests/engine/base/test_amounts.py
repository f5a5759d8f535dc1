import pytest

from level2.base.amounts import plural


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "rule", "1 rule"),
        (0, "rule", "0 rules"),
        (1200, "rule", "1,200 rules"),
        (1, "cities", "1 cities"),
        (2, "city", "2 cities"),
        (2, "day", "2 days"),
        (2, "areas", "2 areas"),
        (2, "rare class", "2 rare classes"),
        (2, "box", "2 boxes"),
        (2, "branch", "2 branches"),
        (2, "y", "2 ys"),
        (2, "Y", "2 Ys"),
        (2, "CITY", "2 CITYs"),
    ],
)
def test_a_count_and_its_noun(count, noun, text):
    assert plural(count, noun) == text

import pytest

from level2.base.errors import ProjectError
from level2.kubeflow.schedule import EXAMPLE, kfp_cron


@pytest.mark.parametrize(
    ("line", "six"),
    [
        ("0 3 * * 1", "0 0 3 * * 1"),
        ("*/15 8-18 * * mon-fri", "0 */15 8-18 * * MON-FRI"),
        ("5/20 0 1,15 jan-mar/2 ?", "0 5/20 0 1,15 JAN-MAR/2 ?"),
        ("  0   0 29 2 * ", "0 0 0 29 2 *"),
        ("0 0 31 2 0", "0 0 0 31 2 0"),
        ("0 0 7,17 7 */7", "0 0 0 7,17 7 */7"),
        ("? ?/6 ? jul ?", "0 ? ?/6 ? JUL ?"),
    ],
)
def test_five_fields_become_six(line, six):
    assert kfp_cron(line) == six


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "has 0 fields"),
        ("0 0 3 * * 1", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("60 3 * * 1", "`60` is not a valid minute (0 to 59)"),
        ("0 24 * * *", "`24` is not a valid hour (0 to 23)"),
        ("0 0 0 * *", "`0` is not a valid day of the month (1 to 31)"),
        ("0 0 * 13 *", "`13` is not a valid month (1 to 12)"),
        ("0 0 * * 7", "`7` is not a valid day of the week (0 to 6)"),
        ("0 0 * * FRI-MON", "`FRI-MON` is not a valid day of the week"),
        ("*/0 * * * *", "`*/0` is not a valid minute"),
        ("1,,2 * * * *", "`1,,2` is not a valid minute"),
        ("-1 * * * *", "`-1` is not a valid minute"),
        ("١ * * * *", "`١` is not a valid minute"),
        ("0 0 L * *", "`L` is not a valid day of the month (1 to 31)"),
        ("0 0 15W * *", "`15W` is not a valid day of the month"),
        ("0 0 * * 5L", "`5L` is not a valid day of the week (0 to 6)"),
        ("0 0 * * 5L/2", "`5L/2` is not a valid day of the week"),
        ("0 0 * * FRI#2", "`FRI#2` is not a valid day of the week"),
        ("0 0 * * 1-07", "`1-07` is not a valid day of the week"),
        ("0 0 * * 1?", "`1?` is not a valid day of the week"),
        ("0 0 30 2 */2", "a day that never comes"),
        ("0 0 30 2 *", "a day that never comes"),
        ("0 0 31 4,6 *", "a day that never comes"),
    ],
)
def test_a_bad_line_is_refused_with_an_example(line, complaint):
    with pytest.raises(ProjectError) as caught:
        kfp_cron(line)
    assert complaint in str(caught.value)
    assert str(caught.value).endswith(EXAMPLE)

import pytest

from mlproject.errors import ProjectError
from mlproject.kubeflow.schedule import EXAMPLE, kfp_cron


@pytest.mark.parametrize(
    ("line", "six"),
    [
        ("0 3 * * 1", "0 0 3 * * 1"),
        ("*/15 8-18 * * mon-fri", "0 */15 8-18 * * MON-FRI"),
        ("5/20 0 1,15 jan-mar/2 ?", "0 5/20 0 1,15 JAN-MAR/2 ?"),
        ("  0   0 29 2 * ", "0 0 0 29 2 *"),
        ("0 0 31 2 0", "0 0 0 31 2 0"),
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
        ("60 3 * * 1", "`60` is no minute (0 to 59)"),
        ("0 24 * * *", "`24` is no hour (0 to 23)"),
        ("0 0 0 * *", "`0` is no day of the month (1 to 31)"),
        ("0 0 * 13 *", "`13` is no month (1 to 12)"),
        ("0 0 * * 7", "`7` is no day of the week (0 to 6)"),
        ("0 0 * * FRI-MON", "`FRI-MON` is no day of the week"),
        ("*/0 * * * *", "`*/0` is no minute"),
        ("1,,2 * * * *", "`` is no minute"),
        ("-1 * * * *", "`` is no minute"),
        ("١ * * * *", "`١` is no minute"),
        ("0 0 30 2 *", "a day that never comes"),
        ("0 0 31 4,6 *", "a day that never comes"),
    ],
)
def test_a_bad_line_is_refused_with_an_example(line, complaint):
    with pytest.raises(ProjectError) as caught:
        kfp_cron(line)
    assert complaint in str(caught.value)
    assert str(caught.value).endswith(EXAMPLE)

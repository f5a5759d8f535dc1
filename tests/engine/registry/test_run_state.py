"""The states that an exit handler is told, by KFP's own runner and by a server."""

import pytest

from level2.registry.run_state import outcome


@pytest.mark.parametrize(
    ("state", "ended"),
    [
        ("COMPLETE", "SUCCEEDED"),  # a server: the state of ML metadata
        ("CACHED", "SUCCEEDED"),
        ("SUCCEEDED", "SUCCEEDED"),  # kfp's runner on one machine
        ("FAILED", "FAILED"),
        ("FAILURE", "FAILED"),
        ("RUNNING", "FAILED"),  # its pod was lost before it could write
        ("UNKNOWN", "FAILED"),
        ("", "FAILED"),
        ("CANCELED", "CANCELED"),
    ],
)
def test_what_an_exit_handler_is_told_becomes_a_word_of_ours(state, ended):
    assert outcome(state) == ended

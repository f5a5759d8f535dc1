"""How a run of the production pipeline ended, by the state that its exit handler is told."""

SUCCESS = ("SUCCEEDED", "COMPLETE", "CACHED")  # KFP's own runner; a server, by its ML metadata


def outcome(state: str) -> str:
    """SUCCEEDED, CANCELED or FAILED for the state an exit handler is told.

    On a server it is the state of ML metadata: COMPLETE for success, RUNNING where a pod was lost.
    """
    if state.upper() in SUCCESS:
        return "SUCCEEDED"
    return "CANCELED" if state.upper() == "CANCELED" else "FAILED"

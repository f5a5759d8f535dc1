"""How a run of the production pipeline ended, from the state given to its exit handler."""

SUCCESS = ("SUCCEEDED", "COMPLETE", "CACHED")  # KFP's own runner; a server, by its ML metadata


def outcome(state: str) -> str:
    """SUCCEEDED, CANCELED or FAILED for the state given to an exit handler.

    On a server it is the state of ML metadata: COMPLETE for success, RUNNING if a pod was lost.
    """
    if state.upper() in SUCCESS:
        return "SUCCEEDED"
    return "CANCELED" if state.upper() == "CANCELED" else "FAILED"

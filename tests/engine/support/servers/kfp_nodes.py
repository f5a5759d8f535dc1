"""The nodes of a run as KFP 2.17 on Argo 4 tells them: six a task, none with an error.

Seen on a real server: its default retry strategy gives every node a twin, `ingest` and
`ingest(0)`; ids are random; `child_tasks` hold the nodes below by Argo's node id, as `pod_name`.
"""

import uuid

WORKFLOW = "small-load-w9kjf"  # the pipeline's name and five signs: the root's display name too


def digits(name):
    """The number Argo makes of a node's name: FNV-1a of 32 bits."""
    found = 2166136261
    for byte in name.encode():
        found = (found ^ byte) * 16777619 % 2**32
    return found


def node_id(name):
    return f"{WORKFLOW}-{digits(name)}"


def pod_name(name, template="retry-system-container-impl"):
    return f"{WORKFLOW}-{template}-{digits(name)}"


def node(display, state, *below):
    """One node; `below` are the full names of the nodes under it."""
    children = [{"pod_name": node_id(name)} for name in below]
    return {
        "task_id": str(uuid.uuid4()),
        "display_name": display,
        "create_time": "2026-11-29T12:00:00Z",
        "start_time": "2026-11-29T12:00:00Z",
        "state": state,
        **({"child_tasks": children} if children else {}),
    }


def task(name, state, log="", attempts=1, inside=f"{WORKFLOW}.root(0).exit-handler-1(0)"):
    """The nodes of one task; `log` is what the pod of its last attempt has written.

    Returns the nodes and the logs by pod.
    """
    full = f"{inside}.{name}"
    driver, executor = f"{full}-driver", f"{full}(0).executor"
    tries = [f"{executor}({number})" for number in range(attempts)]
    nodes = [
        node(f"{name}-driver", "SUCCEEDED", f"{driver}(0)"),
        node(f"{name}-driver(0)", "SUCCEEDED", full),
        node(name, state, f"{full}(0)"),
        node(f"{name}(0)", state, executor),
        node("executor", state, *tries),
        *(
            node(f"executor({number})", state if item == tries[-1] else "FAILED")
            for number, item in enumerate(tries)
        ),
    ]
    return nodes, {pod_name(tries[-1]): log} if log else {}


def around(state):
    """What stands around the tasks: the workflow, the root, the exit handler, the condition."""
    root, handler = f"{WORKFLOW}.root", f"{WORKFLOW}.root(0).exit-handler-1"
    names = (
        (WORKFLOW, f"{WORKFLOW}(0)"),
        (f"{WORKFLOW}(0)", f"{WORKFLOW}.root-driver"),
        ("root-driver", f"{WORKFLOW}.root-driver(0)"),
        ("root-driver(0)", root),
        ("root", f"{root}(0)"),
        ("root(0)", f"{handler}-driver"),
        ("exit-handler-1-driver", f"{handler}-driver(0)"),
        ("exit-handler-1-driver(0)", handler),
        ("exit-handler-1", f"{handler}(0)"),
        ("exit-handler-1(0)", f"{handler}(0).ingest-driver"),
        ("condition-branches-2", f"{handler}(0).condition-branches-2(0)"),
        ("condition-branches-2(0)", f"{handler}(0).condition-branches-2(0).condition-3"),
    )
    return [node(name, "SUCCEEDED" if "driver" in name else state, below) for name, below in names]


def frame(state, *tasks, history=()):
    """One answer on a run: its state, its nodes, and what the logs of its pods hold."""
    nodes, logs = around("RUNNING" if state == "PENDING" else state), {}
    for made, said in tasks:
        nodes, logs = [*nodes, *made], {**logs, **said}
    found = {
        "state": state,
        "run_details": {"task_details": [] if state == "PENDING" else nodes},
        "state_history": [{"state": item} for item in (*history, state)],
    }
    return found, logs


BRANCH = f"{WORKFLOW}.root(0).exit-handler-1(0).condition-branches-2(0).condition-3(0)"
FAMILIES = f"{WORKFLOW}.root(0).exit-handler-1(0).for-loop-2(0)"
BEFORE = ("ingest", "validate", "featurize", "build-dataset")
AFTER = ("select", "train", "evaluate", "promote")


LOOP = (*BEFORE, "tune-family", *AFTER)  # in the order they end, the branches as one


def branch(number, state):
    """The task of one family, in its turn of the loop."""
    return task("tune-family", state, inside=f"{FAMILIES}.for-loop-2-it-{number}(0)")


WHOLE = [
    *(task(name, "SUCCEEDED") for name in BEFORE),
    *(branch(number, "SUCCEEDED") for number in (0, 1)),
    *(task(name, "SUCCEEDED") for name in AFTER),
    task("hand-over", "SUCCEEDED", inside=BRANCH),
    task("report", "SUCCEEDED"),
    task("record", "SUCCEEDED", inside=f"{WORKFLOW}.root(0)"),
]
SUCCESS = (
    frame("PENDING"),
    frame("RUNNING", task("ingest", "RUNNING")),
    frame("RUNNING", *WHOLE[:4], branch(0, "SUCCEEDED"), branch(1, "RUNNING")),
    frame("RUNNING", *WHOLE),  # KFP marks a run up to a minute after its last task
    frame("SUCCEEDED", *WHOLE),
)

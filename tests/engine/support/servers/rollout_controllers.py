"""How Deployments and InferenceServices report a rollout: the stand-in's two controllers.

An InferenceService is told as KServe does on Knative: a change of the pod makes a revision, which
becomes ready some looks later; traffic is split between the newest one and the last one that had
it all; a percent of 0 after a whole rollout goes back to the one before that.

In its mode Standard, as of KServe 0.16, it makes a Deployment instead. It tells no revision that
is ready and no traffic, and Ready while the old pods still serve.
"""

import copy
import json

LAG = {}  # uid: looks until the last change has come through


def change(item, slow):
    """A spec was written: nothing of it is in the status yet."""
    if item["kind"] in ("Deployment", "InferenceService"):
        LAG[item["metadata"]["uid"]] = slow


STANDARD = ("Standard", "RawDeployment")


def below(item, kept):
    """The Deployment of an InferenceService in mode Standard, made or changed after a while."""
    notes = item["metadata"].get("annotations", {})
    mode = notes.get("serving.kserve.io/deploymentMode")
    if item["kind"] != "InferenceService" or mode not in STANDARD:
        return
    space, name = item["metadata"]["namespace"], f"{item['metadata']['name']}-predictor"
    pod = copy.deepcopy(item["spec"]["predictor"])
    old = kept.get(("deployments", space, name))
    status = item.setdefault("status", {})
    status |= {"deploymentMode": "Standard", "components": {"predictor": {}}}
    if LAG.get(item["metadata"]["uid"], 0) > 0:
        LAG[item["metadata"]["uid"]] -= 1
        return
    spec = {"replicas": 1, "template": {"spec": pod}}
    if old is None or old["spec"]["template"] != spec["template"]:
        generation = old["metadata"]["generation"] + 1 if old else 1
        meta = {"name": name, "namespace": space, "uid": f"uid-{name}", "generation": generation}
        kept["deployments", space, name] = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": spec,
            "status": old["status"] if old else {},
        }
    part = status["components"]["predictor"]
    part["latestCreatedRevision"] = str(kept["deployments", space, name]["metadata"]["generation"])
    status["conditions"] = [
        {"type": kind, "status": "True"} for kind in ("PredictorReady", "IngressReady", "Ready")
    ]


def look(item, bad):
    """Move the status on before it is read."""
    if item.get("status", {}).get("deploymentMode") in STANDARD:
        return
    turn = {"Deployment": deployment, "InferenceService": inference_service}.get(item["kind"])
    if turn is None:
        return
    uid = item["metadata"]["uid"]
    LAG[uid] = max(0, LAG.get(uid, 0) - 1)
    if LAG[uid] == 0:
        turn(item, bad)


def deployment(item, bad):
    status, generation = item.setdefault("status", {}), item["metadata"]["generation"]
    wanted = item["spec"].get("replicas", 1)
    image = item["spec"]["template"]["spec"]["containers"][0]["image"]
    first = status.get("observedGeneration", 0) < generation
    status["observedGeneration"] = generation
    if first:  # one look between: a new pod beside the old ones
        status |= {"replicas": wanted + 1, "updatedReplicas": 1, "availableReplicas": wanted}
        status["conditions"] = []
    elif image in bad:
        message = f"pods of {image.rpartition('@')[2][:19]}: {bad[image]}"
        reason = "ProgressDeadlineExceeded"
        status["conditions"] = [
            {"type": "Progressing", "status": "False", "reason": reason, "message": message}
        ]
    else:
        status |= dict.fromkeys(
            ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), wanted
        )


def inference_service(item, bad):
    predictor = item["spec"]["predictor"]
    status = item.setdefault("status", {"components": {"predictor": {}}})
    part = status["components"]["predictor"]
    template = {key: value for key, value in predictor.items() if key != "canaryTrafficPercent"}
    written = json.dumps(template, sort_keys=True)
    made = item.setdefault("revisions", [])
    if not made or made[-1]["template"] != written:
        image = predictor["containers"][0]["image"]
        made.append({"name": f"rev-{len(made) + 1:05}", "template": written, "image": image})
        part["latestCreatedRevision"] = made[-1]["name"]
        return  # the one before is told ready for a look more
    broken = bad.get(made[-1]["image"])
    if not broken:
        part["latestReadyRevision"] = made[-1]["name"]
    ready = bool(part.get("latestReadyRevision")) and not broken
    kinds = ("PredictorConfigurationReady", "PredictorReady", "Ready")
    truth = {"status": "True"} if ready else {"status": "False", "message": broken or ""}
    status["conditions"] = [{"type": kind, **truth} for kind in kinds]
    if part.get("latestReadyRevision"):
        split(part, predictor.get("canaryTrafficPercent"))


def split(part, percent):
    newest, whole = part["latestReadyRevision"], part.get("latestRolledoutRevision")
    gets = 100 if percent is None or not whole else percent
    traffic = [{"latestRevision": True, "revisionName": newest, "percent": gets}]
    if gets < 100:
        traffic.append({"latestRevision": False, "revisionName": whole, "percent": 100 - gets})
    part["traffic"] = traffic
    if gets == 100 and whole != newest:
        part["previousRolledoutRevision"] = whole or ""
        part["latestRolledoutRevision"] = newest
    elif gets < 100 and whole == newest and part.get("previousRolledoutRevision"):
        part["latestRolledoutRevision"] = part["previousRolledoutRevision"]  # seen at the next look

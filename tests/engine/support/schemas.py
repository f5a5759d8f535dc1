"""The two judges of JSON and of manifests, without a grammar that no test of ours asks for."""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # a second of CPU, for the format `iri` alone

import jsonschema as jsonschema  # noqa: E402
import kubernetes_validate as kubernetes_validate  # noqa: E402

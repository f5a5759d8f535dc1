"""Where a run reads and writes: every path of the project in one place."""

from dataclasses import dataclass
from pathlib import Path

from .base.errors import ProjectError
from .params.config import Params


@dataclass(frozen=True)
class Workspace:
    """Paths below the project's `root`; an experiment writes below another `out`."""

    root: Path
    out: Path
    home: Path | None = None  # the project's folder, where `out` is one task's on this machine

    @classmethod
    def at(cls, root: Path, experiment: str | None = None) -> "Workspace":
        """The project's own workspace, or the separate one of an experiment."""
        return cls(root, root / "experiments" / experiment if experiment else root)

    def source(self, params: Params) -> Path:
        """The contract's raw table; for an object in a store, the copy made by `ingest`."""
        if params.data.remote:
            return self.out / "data" / "source" / params.data.source.rsplit("/", 1)[1]
        return self.root / params.data.source

    def source_file(self, path: str) -> Path:
        """A further table by the path or address that the contract names."""
        if "://" in path:
            return self.out / "data" / "source" / path.rsplit("/", 1)[1]
        return self.root / path

    @property
    def sources(self) -> Path:
        """Folder of the further tables, typed: one file behind each of Feast's views of them."""
        return self.out / "data" / "sources"

    @property
    def raw(self) -> Path:
        """What was ingested: address, MD5, version in the object store."""
        return self.out / "artifacts" / "raw.json"

    @property
    def ingested(self) -> Path:
        """Typed, sorted rows, one per (entity, event_timestamp)."""
        return self.out / "data" / "ingested.parquet"

    @property
    def features(self) -> Path:
        """The table behind Feast's feature view."""
        return self.out / "data" / "features.parquet"

    @property
    def dataset(self) -> Path:
        """Training set: key, features, target, split."""
        return self.out / "data" / "dataset.parquet"

    @property
    def feature_repo(self) -> Path:
        """Feast's declarations."""
        return self.root / "feature_repo"

    @property
    def validation(self) -> Path:
        """Checks made and data profile."""
        return self.out / "artifacts" / "validation.json"

    @property
    def tuning(self) -> Path:
        """Trials and the chosen family and parameters."""
        return self.out / "artifacts" / "tuning.json"

    @property
    def branches(self) -> Path:
        """Trials of every family by its task in the pipeline: a folder, or one task's own file."""
        return self.out / "artifacts" / "branches"

    @property
    def model(self) -> Path:
        """Folder of model.skops, model.onnx and model.json (their digests)."""
        return self.out / "artifacts" / "model"

    @property
    def metrics(self) -> Path:
        """Deterministic metrics of candidate and baselines, for `dvc metrics`."""
        return self.out / "artifacts" / "metrics.json"

    @property
    def evaluation(self) -> Path:
        """Metrics, slices, comparison, parity: what the gate and the report read."""
        return self.out / "artifacts" / "evaluation.json"

    @property
    def predictions(self) -> Path:
        """Test rows with truth and predictions."""
        return self.out / "artifacts" / "predictions.parquet"

    @property
    def reference(self) -> Path:
        """The monitor's reference: the candidate's data and losses as counts."""
        return self.out / "artifacts" / "reference.npz"

    @property
    def tracked(self) -> Path:
        """MLflow run that holds this candidate."""
        return self.out / "artifacts" / "run.json"

    @property
    def decision(self) -> Path:
        """The gate's verdict."""
        return self.out / "artifacts" / "decision.json"

    @property
    def handed_over(self) -> Path:
        """The hand-over record of the version just promoted."""
        return self.out / "artifacts" / "hand_over.json"

    @property
    def promotion(self) -> Path:
        """What was brought to production, and who approved it; `deploy` can start from it."""
        return self.out / "artifacts" / "promotion.json"

    @property
    def outcome(self) -> Path:
        """How the last run of the production pipeline ended."""
        return self.out / "artifacts" / "outcome.json"

    @property
    def watched(self) -> Path:
        """The monitor's verdict."""
        return self.out / "artifacts" / "monitor.json"

    @property
    def watched_metrics(self) -> Path:
        """The same for Prometheus' textfile collector."""
        return self.out / "artifacts" / "monitor.prom"

    @property
    def watched_page(self) -> Path:
        """The monitor's report for people."""
        return self.reports / "monitor.html"

    @property
    def watched_summary(self) -> Path:
        """The monitor's report as Markdown."""
        return self.reports / "monitor.md"

    @property
    def watched_by_evidently(self) -> Path:
        """The same two windows on Evidently's page, on request."""
        return self.reports / "evidently.html"

    @property
    def decided(self) -> Path:
        """The decision on the latest verdict."""
        return self.out / "artifacts" / "decide.json"

    @property
    def decided_summary(self) -> Path:
        """The decision with its evidence, as Markdown."""
        return self.reports / "decide.md"

    @property
    def stamps(self) -> Path:
        """What each finished step read and wrote, so that a resumed run can trust it."""
        return self.out / "artifacts" / "steps"

    @property
    def reports(self) -> Path:
        """report.md, report.html and plots/."""
        return self.out / "reports"

    @property
    def report_page(self) -> Path:
        """The report for people."""
        return self.reports / "report.html"

    @property
    def report_summary(self) -> Path:
        """The report for a pull request."""
        return self.reports / "report.md"

    @property
    def report_plots(self) -> Path:
        """Tables of the plots DVC compares."""
        return self.reports / "plots"

    def need(self, path: Path, made_by: str) -> Path:
        """Return `path` if it exists. Raises ProjectError naming the step that writes it."""
        if not path.exists():
            shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
            if made_by == "monitor":  # no step of the loop
                raise ProjectError(f"{shown} is missing: run `make monitor` first")
            raise ProjectError(
                f"{shown} is missing: `{made_by}` makes it, run that step or `make run` first"
            )
        return path

"""The pipeline's steps called one by one, without Dagster."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from pipelines import database
from pipelines.baseline import EVERYTHING, Since, last_publication
from pipelines.extract.batch import last_batch
from pipelines.extract.service import extract, extract_again
from pipelines.proofs.proof import ProofResult
from pipelines.proofs.service import prove_ledger, prove_statistics
from pipelines.publish.service import Published, publish
from pipelines.settings import CHECKOUT
from pipelines.transform.project import Project
from pipelines.transform.results import NodeResult, Target
from pipelines.transform.service import build
from tests.cluster import Databases

UTC_ZONE = "UTC"


@dataclass(frozen=True)
class Steps:
    """The steps on one bank, in time zone `time_zone`."""

    databases: Databases
    target: Path
    project: Path = CHECKOUT / "warehouse"
    time_zone: str = UTC_ZONE

    @property
    def source_url(self) -> str:
        return self.databases.url("extractor")

    @property
    def publish_url(self) -> str:
        return self.databases.url("publisher")

    @property
    def warehouse_url(self) -> str:
        return self.databases.warehouse_url

    def extract(self) -> None:
        extract(self.source_url, self.warehouse_url)

    def extract_again(self, start: datetime, end: datetime) -> None:
        extract_again(self.source_url, self.warehouse_url, (start, end))

    def build(self, only: set[str] | None = None, since: Since | None = None) -> list[NodeResult]:
        """Build up to the newest batch; models and tests of what is new since the last publication, or `since`."""
        with (
            database.connect(self.warehouse_url) as warehouse,
            database.connect(self.publish_url) as bank,
        ):
            batch, publication = last_batch(warehouse), last_publication(bank)
        assert batch is not None
        tested = since.batch_id if since else publication.batch_id if publication else 0
        target = Target(batch.batch_id, tested, self.time_zone)
        return list(build(Project(self.project, self.target), self.warehouse_url, target, only))

    def prove(self, *, everything: bool = False, since: Since | None = None) -> dict[str, ProofResult]:
        """Every proof's result, by name; of a close, which looks at more, with `since`."""
        arguments = (self.warehouse_url, self.publish_url, self.time_zone)
        since = EVERYTHING if everything else since
        results = prove_ledger(*arguments, since)
        results += prove_statistics(*arguments, Project(self.project, self.target), since)
        return {result.name: result for result in results}

    def publish(self, run_id: str | None = None) -> Published:
        return publish(
            *(self.warehouse_url, self.publish_url),
            run_id=run_id or str(uuid4()),
            time_zone=self.time_zone,
            proofs=[],
        )

    def refresh(self) -> Published:
        """Everything, as the job does it."""
        self.extract()
        return self.finish()

    def finish(self) -> Published:
        """What comes after an extract."""
        self.build()
        broken = [result.in_words() for result in self.prove().values() if not result.passed]
        assert not broken, broken
        return self.publish()

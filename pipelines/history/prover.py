"""Proves a part of history."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from types import TracebackType
from zoneinfo import ZoneInfo

from psycopg import sql

from api.shared.calendar import Period
from pipelines import database
from pipelines.baseline import EVERYTHING, Baseline, baseline
from pipelines.errors import Refused
from pipelines.figures import BANK_DAILY, figures, mart_of
from pipelines.history import progress, world
from pipelines.history.part import Accounts, Kind, Part
from pipelines.proofs import rebuild
from pipelines.proofs.catalogue import (
    LEDGER,
    PUBLISHED_ACCOUNTS,
    PUBLISHED_BANK_DAILY,
    PUBLISHED_STATISTICS,
    REBUILD,
    STATISTICS,
)
from pipelines.proofs.proof import Proof, ProofResult, Scope, scope_of
from pipelines.settings import Databases, PipelineSettings
from pipelines.transform.project import Project

# What is summed over accounts is proven by the day; one total over all of them, on every run.
BY_DAY = {"internal_transfers", "bank_daily"}
AS_A_WHOLE = {"grand_total"}
OF_ACCOUNTS = tuple(proof for proof in (*LEDGER, *STATISTICS) if proof.name not in BY_DAY | AS_A_WHOLE)
OF_DAYS = tuple(proof for proof in (*LEDGER, *STATISTICS) if proof.name in BY_DAY)


@dataclass
class Prover(AbstractContextManager["Prover"]):
    """Connections that prove one part after the other. Hold the run lock while it does, so that nothing is built
    or published meanwhile."""

    databases: Databases
    settings: PipelineSettings
    _stack: ExitStack = field(default_factory=ExitStack)
    _is_prepared: bool = False
    _rebuilt: tuple[int, Sequence[Mapping[str, str]]] = (0, ())

    def __enter__(self) -> "Prover":
        self.warehouse = self._stack.enter_context(database.connect(self.databases.warehouse_url))
        self.bank = self._stack.enter_context(database.connect(self.databases.publish_url))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def part_after(self, kind: Kind, after: str | None) -> Part:
        """The part that begins behind `after`."""
        self._prepare()
        return progress.part_after(self.warehouse, kind, after)

    def prove(self, part: Part) -> list[ProofResult]:
        """What each proof found of the part, in one snapshot of the warehouse.

        Raises Refused where the models are no longer those that made the rows.
        """
        self._prepare()
        standing = baseline(self.bank, self.warehouse)
        self.warehouse.execute("begin isolation level repeatable read")
        scope = scope_of(self.warehouse, standing, self.settings.time_zone, EVERYTHING)
        if not isinstance(part, Accounts):
            start, end = part.bounds(ZoneInfo(scope.time_zone), scope.complete_through)
            scope = replace(scope, since_complete_through=start, complete_through=end)
        world.fill(self.warehouse, self.bank, part, scope)
        parameters = {**asdict(scope), "published_batch_id": _published_batch_id(standing)}
        inside = partial(world.inside, part)
        if isinstance(part, Accounts):
            self.warehouse.execute("drop table if exists pg_temp.touched_account")
            for statement in Proof("scope", "ledger", "scope.sql").query().split(";"):
                self.warehouse.execute(inside(statement), parameters)
        results = [
            proof.prove(self.warehouse, parameters, inside)
            for proof in self._proofs(part, scope, is_published=standing.is_continued and not standing.rebuilt)
        ]
        self.warehouse.execute("commit")
        return results

    def prove_totals(self) -> list[ProofResult]:
        """What is one total over everything."""
        self._prepare()
        self.warehouse.execute("begin isolation level repeatable read")
        standing = baseline(self.bank, self.warehouse)
        scope = scope_of(self.warehouse, standing, self.settings.time_zone, EVERYTHING)
        results = [proof.prove(self.warehouse, asdict(scope)) for proof in LEDGER if proof.name in AS_A_WHOLE]
        self.warehouse.execute("commit")
        return results

    def _prepare(self) -> None:
        if not self._is_prepared:
            world.prepare(self.warehouse, self.settings.time_zone)
            self._is_prepared = True

    def _proofs(self, part: Part, scope: Scope, *, is_published: bool) -> list[Proof]:
        is_accounts = isinstance(part, Accounts)
        rebuilt = [words for words in self._rebuilding(scope) if (words["mart"] != BANK_DAILY) == is_accounts]
        proofs = [*(OF_ACCOUNTS if is_accounts else OF_DAYS), replace(REBUILD, variants=rebuilt)]
        if is_published:
            proofs += self._published(is_accounts=is_accounts)
        return proofs

    def _published(self, *, is_accounts: bool) -> list[Proof]:
        if not is_accounts:
            return [replace(PUBLISHED_BANK_DAILY, variants=[{"metrics": self._metrics(BANK_DAILY)}])]
        variants = [{"type": str(period), "metrics": self._metrics(mart_of(period))} for period in Period]
        return [replace(PUBLISHED_STATISTICS, variants=variants), PUBLISHED_ACCOUNTS]

    def _metrics(self, mart: str) -> str:
        names = (sql.Identifier("m", name) for name in figures(self.warehouse, mart))
        return sql.SQL(", ").join(names).as_string(self.warehouse)

    def _rebuilding(self, scope: Scope) -> Sequence[Mapping[str, str]]:
        """As `rebuild.variants`, once for a batch: for figures of analysts dbt takes a second or two."""
        if self._rebuilt[0] != scope.batch_id:
            project, url = Project.of(self.settings), self.databases.warehouse_url
            words = rebuild.variants(self.warehouse, url, project, scope, above=0)
            if words and not rebuild.is_of_these_models(url, project, scope):
                raise Refused("The dbt project has changed; a run comes first.")
            self._rebuilt = scope.batch_id, words
        return self._rebuilt[1]


def _published_batch_id(standing: Baseline) -> int:
    return standing.publication.batch_id if standing.publication else 0

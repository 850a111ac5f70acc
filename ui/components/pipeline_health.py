"""The pipeline's state, alerts, runs and proofs, with links into Dagster."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import streamlit as st
from babel.numbers import format_decimal

from ui.clients.errors import ApiError
from ui.clients.stats import Alert, Pipeline, Proof, Run
from ui.components import cards, problems, session, when
from ui.components.money import number
from ui.components.text import capital, html
from ui.language import N_, _, _n, _p, locale, translated
from ui.settings import settings

POLL_EVERY_S = 10
STATES = {
    "waiting": N_("Waiting for the first run"),
    "current": N_("Current"),
    "stale": N_("Late"),
    "refused": N_("Refused by a proof"),
    "failed": N_("Failed"),
}
OUTCOMES = {
    "running": N_("running"),
    "published": N_("published"),
    "refused": N_("refused"),
    "failed": N_("failed"),
}
KINDS = {
    "refresh": N_("Refresh"),
    "close_daily": N_("Close of the day"),
    "close_weekly": N_("Close of the week"),
    "close_monthly": N_("Close of the month"),
    "backfill": N_("Backfill"),
}
# As the pipeline tells operators, and what each proof holds together.
ALERTS = (
    N_("{job} was refused: {checks}"),
    N_("{job} failed: its process ended or its time ran out"),
    N_("{job} failed: {steps}"),
    N_("The statistics are stale: nothing newer than {minutes} minutes has been published"),
)
PROOFS = {
    "sequence": N_("No gap and no double in an account"),
    "balance_chain": N_("Each balance follows from the one before"),
    "ledger_balance": N_("Entries add up to the ledger’s balance"),
    "grand_total": N_("All accounts together"),
    "internal_transfers": N_("Transfers inside the bank cancel out"),
    "period_arithmetic": N_("Opening, in, out and closing fit"),
    "continuity": N_("A period opens as the last one closed"),
    "days_add_up": N_("Days add up to weeks and months"),
    "completeness": N_("Each transaction is counted once"),
    "averages": N_("Averages and other sides"),
    "accounts": N_("Accounts as in the ledger"),
    "bank_daily": N_("Days of the bank as a whole"),
    "finality": N_("What was final is the same"),
    "rebuild": N_("Made anew, it is the same"),
}
GOOD, BAD = {"published", "current"}, {"refused", "failed"}


@st.fragment(run_every=POLL_EVERY_S)
def show() -> None:
    """All of it; looks again by itself."""
    try:
        pipeline = session.stats().pipeline()
    except ApiError as error:
        problems.show(error)
        return
    now = when.now()
    st.html(cards.tiles(_tiles(pipeline, now)))
    if pipeline.alerts:
        st.html(_alerts(pipeline.alerts, now))
    finished = next((run for run in pipeline.runs if run.outcome != "running"), None)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        st.html(f'<h2 class="tm-part">{html(_("Last runs"))}</h2>{_runs(pipeline.runs, now)}')
    with right:
        st.html(f'<h2 class="tm-part">{html(_("Proofs of the last run"))}</h2>')
        st.html(_proofs(finished.proofs if finished else ()))
    if settings().dagster_url:
        with st.container(horizontal=True):
            for label, path in (
                (_("Dagster: all runs"), "/runs"),
                (_("The assets"), "/asset-groups"),
                (_("The publication and its checks"), "/assets/stats/publication?view=checks"),
            ):
                st.link_button(label, f"{settings().dagster_url}{path}", icon=":material/open_in_new:")


def _tiles(pipeline: Pipeline, now: datetime) -> Iterable[cards.Tile]:
    status = pipeline.status
    tone = "in" if status.state in GOOD else "out"
    yield cards.Tile(_("State"), _(STATES.get(status.state, status.state)), tone=tone)
    complete = status.complete_through
    lag = "" if status.lag_s is None else _n("{count} second ago", "{count} seconds ago", status.lag_s)
    through = "—" if complete is None else capital(when.moment(complete, now=now))
    yield cards.Tile(_("Complete through"), through, lag)
    open_count = sum(alert.resolved_at is None for alert in pipeline.alerts)
    yield cards.Tile(_("Open alerts"), str(open_count), tone="out" if open_count else "in")


def _alerts(alerts: Sequence[Alert], now: datetime) -> str:
    lines = []
    for alert in alerts:
        raised = when.moment(alert.raised_at, now=now)
        if alert.resolved_at is None:
            tone, since = "bad", _("open since {moment}", moment=raised)
        else:
            tone, since = "good", _("over since {moment}", moment=when.moment(alert.resolved_at, now=now))
        lines.append(
            f'<p class="tm-verdict tm-verdict-{tone}">'
            f"<b>{_linked(translated(alert.subject, ALERTS), alert.run_id)}</b>"
            f"<span>{html(since)}</span></p>"
        )
    return "".join(lines)


def _linked(text: str, run_id: str | None) -> str:
    url = settings().dagster_url
    if run_id is None or not url:
        return html(text)
    address = html(f"{url}/runs/{run_id}")
    return f'<a class="tm-link" href="{address}" target="_blank" rel="noreferrer">{html(text)}</a>'


def _runs(runs: Sequence[Run], now: datetime) -> str:
    rows = "".join(
        f'<tr><th scope="row"><span class="tm-run">{_linked(_(KINDS.get(run.kind, run.kind)), run.run_id)}</span>'
        f'<span class="tm-error">{html(run.error or "")}</span></th>'
        f"<td>{html(capital(when.moment(run.started_at, now=now)))}</td><td>{html(_took(run))}</td>"
        f"<td>{_pill(run.outcome)}</td></tr>"
        for run in runs
    )
    heads = "".join(f"<th>{html(head)}</th>" for head in (_("Run"), _("Began"), _("Took"), _("Outcome")))
    return (
        '<div class="tm-scroll" tabindex="0"><table class="tm-grid tm-plain tm-runs">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _took(run: Run) -> str:
    if run.finished_at is None:
        return "…"
    seconds = (run.finished_at - run.started_at).total_seconds()
    return f"{format_decimal(seconds, '#,##0.0', locale=locale())} s"


def _pill(outcome: str) -> str:
    tone = "final" if outcome in GOOD else "bad" if outcome in BAD else "provisional"
    return f'<span class="tm-pill tm-pill-{tone}">{html(_(OUTCOMES.get(outcome, outcome)))}</span>'


def _proofs(proofs: Sequence[Proof]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html(_proof_name(proof))}</th>'
        f'<td class="tm-num">{html(number(proof.checked))}</td>'
        f"<td>{_verdict(proof)}</td></tr>"
        for proof in proofs
    )
    heads = f'<th>{html(_("Proof"))}</th><th class="tm-num">{html(_("Looked at"))}</th>'
    heads += f"<th>{html(_p('proof', 'Holds'))}</th>"
    return f'<table class="tm-grid tm-plain"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _proof_name(proof: Proof) -> str:
    """In words; an analyst's own as it is called."""
    return _(PROOFS[proof.name]) if proof.name in PROOFS else capital(proof.name.replace("_", " "))


def _verdict(proof: Proof) -> str:
    if proof.passed and not proof.checked:
        # The run brought nothing that this one looks at.
        return f'<span class="tm-pill">{html(_("nothing to look at"))}</span>'
    if proof.passed:
        return f'<span class="tm-pill tm-pill-final">{html(_("yes"))}</span>'
    return (
        f'<span class="tm-pill tm-pill-bad">{html(_n("{count} does not", "{count} do not", proof.failed))}</span>'
    )

"""What a bank on AWS costs by the hour: `python -m infra.aws.prices` prints the table of README.

Each price is us-east-1's, in US dollars, with where it was looked up and when. "from memory" is one of AWS's
public prices that was found nowhere while this was written: check those first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MONTH_H = 730
CASES = ("dev, at rest", "prod, at rest", "prod, at 100 requests/s")
MILLION_H = 100 * 3600 / 1e6  # requests
WORK_S = 0.05  # a call's time in a function: an assumption
PRICE_LIST = "AWS's price list of 2026-08, as others quote it"


@dataclass(frozen=True)
class Price:
    """For one `unit`."""

    usd: float
    unit: str
    source: str


ACU = Price(0.12, "ACU hour", "c3x.dev, awsnegotiations.com, 2026-05")
ACU_IO = Price(0.20, "million I/Os", "patotski.com; oneuptime.com, 2026-02")
PROXY = Price(
    0.015, "ACU hour of the proxy, at least 8", "serverworks.co.jp, 2024-06 (form), from memory (figure)"
)
WARM = Price(0.0000033334 * 3600, "GB hour kept warm, arm64", f"{PRICE_LIST}; devopsil.com, 2026-03")
WORK = Price(7.7778, "million GB seconds of a warm instance at work, arm64", PRICE_LIST)
CALL = Price(0.20, "million calls of functions", "cubeapm.com, 2025")
HTTP_API = Price(1.00, "million calls of the HTTP API", "apigatewaycost.com, go-cloud.io, 2026")
CLOUDFRONT = Price(1.00, "million requests to CloudFront", f"{PRICE_LIST}; factualminds.com, 2026-06")
WAF = Price(0.60, "million requests that the firewall looks at", "c3x.dev, awsnegotiations.com, 2026")
FIREWALL = Price((5 + 4) / MONTH_H, "hour of an ACL with four rules", "c3x.dev, 2026")
VCPU = Price(0.03238, "vCPU hour, arm64", "vantage.sh, 2021; x86 agrees with cloudburn.io, 2026-04")
MEMORY = Price(0.00356, "GB hour, arm64", "vantage.sh, 2021; x86 agrees with cloudburn.io, 2026-04")
BALANCER = Price(0.0225, "hour of a load balancer", "cloudburn.io, fortem.dev, 2026")
NAT = Price(0.045, "hour of a NAT gateway", "cloudburn.io, fortem.dev, 2026")
NAT_GB = Price(0.045, "GB through it", "cloudburn.io, fortem.dev, 2026")
ENDPOINT = Price(0.01, "hour of an endpoint of AWS's in one zone", "zacfukuda.com, 2026-06")
ADDRESS = Price(0.005, "hour of a public address", "cloudburn.io, 2026-04")
KEPT = Price(1.00 / MONTH_H, "hour of a key", "aws.amazon.com/kms/pricing; cloudburn.io, 2026-03")
SECRET = Price(0.40 / MONTH_H, "hour of a secret", "hivebook.wiki; blogv1-5yh.pages.dev, 2025-08")
ALARM = Price(0.10 / MONTH_H, "hour of an alarm", "c3x.dev, 2026")
LOG_GB = Price(0.50, "GB of log", "go-cloud.io, 2026")
TRACE = Price(5.00, "million traces", "aws.amazon.com/xray/pricing; awsnegotiations.com, 2026")

Part = tuple[Price, tuple[float, float, float]]
# By line of the table: each price, and how many units an hour takes in each of CASES.
LINES: Sequence[tuple[str, Sequence[Part]]] = (
    (
        "Aurora (dev 0.5 ACU; prod 2 × 2, under load 2 × 4 and eight I/Os a request)",
        ((ACU, (0.5, 4, 8)), (ACU_IO, (0, 0, 8 * MILLION_H))),
    ),
    ("RDS Proxy", ((PROXY, (8, 8, 8)),)),
    (
        "Functions, warm (dev 4 × 1 GB; prod 8 × 1.73 GB, under load 14)",
        ((WARM, (4, 8 * 1.73, 14 * 1.73)),),
    ),
    (
        "Functions, at work (50 ms a call)",
        ((WORK, (0, 0, MILLION_H * WORK_S * 1.73)), (CALL, (0, 0, MILLION_H))),
    ),
    (
        "HTTP API, CloudFront, firewall by request",
        ((HTTP_API, (0, 0, MILLION_H)), (CLOUDFRONT, (0, 0, MILLION_H)), (WAF, (0, 0, MILLION_H))),
    ),
    ("Dagster (dev 2 vCPU and 8 GB, prod 4 and 16)", ((VCPU, (2, 4, 4)), (MEMORY, (8, 16, 16)))),
    ("App (dev one task of 0.5 vCPU and 2 GB, prod two of 1 and 4)", ((VCPU, (0.5, 2, 2)), (MEMORY, (2, 8, 8)))),
    (
        "Load balancers, NAT, endpoints, addresses",
        (
            (BALANCER, (2, 2, 2)),
            (NAT, (1, 3, 3)),
            (NAT_GB, (0, 0, 1)),
            (ENDPOINT, (7, 21, 21)),
            (ADDRESS, (3, 6, 6)),
        ),
    ),
    (
        "Keys, secrets, alarms, firewall, logs, traces",
        (
            (KEPT, (3, 3, 3)),
            (SECRET, (18, 18, 18)),
            (ALARM, (20, 20, 20)),
            (FIREWALL, (1, 1, 1)),
            (LOG_GB, (0.01, 0.02, 0.5)),
            (TRACE, (0, 0, 0.05 * MILLION_H)),
        ),
    ),
)


def costs(parts: Sequence[Part]) -> tuple[float, ...]:
    """What a line costs an hour, in each of CASES."""
    return tuple(sum(price.usd * numbers[case] for price, numbers in parts) for case in range(len(CASES)))


def table() -> str:
    """README's table, in Markdown: cents, and their sum."""
    rows = {title: [round(each, 2) for each in costs(parts)] for title, parts in LINES}
    sums = [round(sum(column), 2) for column in zip(*rows.values(), strict=True)]
    lines = [f"| an hour, in USD | {' | '.join(CASES)} |", "|---|---:|---:|---:|"]
    lines += [f"| {title} | {' | '.join(f'{each:.2f}' for each in row)} |" for title, row in rows.items()]
    lines += [f"| **together** | {' | '.join(f'**{each:.2f}**' for each in sums)} |"]
    return "\n".join(lines)


def prices() -> str:
    """README's list of prices, in Markdown."""
    found = {price.unit: price for _, parts in LINES for price, _ in parts}
    lines = ["| a price | USD | looked up |", "|---|---:|---|"]
    lines += [f"| {price.unit} | {price.usd:.4g} | {price.source} |" for price in found.values()]
    return "\n".join(lines)


if __name__ == "__main__":
    print(f"{table()}\n\n{prices()}")

"""The town's people and shops. Names, addresses and numbers are invented; example domains and 555 numbers only."""

import random
from dataclasses import dataclass, field

FIRST_NAMES = (
    "Ada Agnes Alma Anton Arthur Astrid Beatrix Benno Bruno Carla Casper Cecily Clara Conrad Dora Edgar "
    "Edith Elin Emil Esther Felix Flora Frieda Gideon Greta Hanna Harald Hazel Hugo Ida Ingrid Iris Ivo "
    "Jakob Johanna Jonas Judith Karl Klara Konrad Lars Laura Leo Lina Lotte Lukas Magda Marta Matilda Max "
    "Mina Moritz Nina Nora Oda Olga Oscar Otto Paul Petra Quentin Rosa Ruben Ruth Selma Simon Sofie "
    "Stella Theo Thora Ursel Vera Viktor Wanda Willa"
).split()
LAST_NAMES = (
    "Abel Amsel Anker Bach Bauer Becker Berg Birk Blum Brandt Brook Busch Dorn Eich Ende Falk Farber Feld "
    "Fink Fisher Forster Frank Fuchs Gerber Glass Gold Graf Gruber Haas Hafen Hart Heller Herbst Hill "
    "Hirsch Holm Horn Huber Jung Kaiser Keller Kern Klein Koch Kraft Kramer Lang Lerch Lind Linden Lorenz "
    "Marsh Meyer Moser Nagel Otter Pohl Reed Reich Ritter Roth Sander Sauer Schiller Sommer Stein Stern "
    "Strand Sturm Tanner Thorn Vogel Wagner Weber Wells Wolf"
).split()
SHOPS = (
    ("Harbour Grocery", "groceries"),
    ("Corner Market", "groceries"),
    ("Mill Bakery", "bakery"),
    ("Café Meridian", "cafe"),
    ("The Lantern Kitchen", "restaurant"),
    ("Old Town Letting", "rent"),
    ("Riverside Homes", "rent"),
    ("Northwind Energy", "energy"),
    ("Tidewater Gym", "gym"),
    ("Lighthouse Cinema", "cinema"),
)
EMPLOYERS = (
    "external:harbour-works",
    "external:town-hall",
    "external:clinic",
    "external:school",
    "external:shipyard",
)


@dataclass
class Customer:
    """A person or shop with the keys of their accounts in the town's files."""

    name: str
    email: str
    phone: str
    trade: str | None
    opened_day: int
    salary: int = 0
    employer: str = ""
    payday: int = 25
    rent: int = 0
    thrift: float = 0.0
    sociable: float = 0.0
    overdraft_limit: int = 0
    landlord: int = 0
    friends: list[int] = field(default_factory=list)
    checking: str = ""
    savings: str | None = None


def settle_town(rng: random.Random, people: int) -> list[Customer]:
    """`people` customers, the shops first; amounts in minor units, `opened_day` counts from the first day."""
    town = [
        Customer(
            name=name,
            email=f"{_slug(name)}@tidemark.example",
            phone=f"+120255501{index:02d}",
            trade=trade,
            opened_day=0,
        )
        for index, (name, trade) in enumerate(SHOPS)
    ]
    pairs = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES]
    for first, last in rng.sample(pairs, people - len(SHOPS)):
        town.append(_resident(rng, first, last, len(town)))
    residents = [index for index, customer in enumerate(town) if customer.trade is None]
    landlords = [index for index, customer in enumerate(town) if customer.trade == "rent"]
    for index, customer in enumerate(town):
        customer.checking = f"town-{index:03d}-checking"
        if customer.trade is None:
            customer.friends = rng.sample(residents, 4)
            customer.landlord = rng.choice(landlords)
            customer.savings = f"town-{index:03d}-savings" if rng.random() < 0.6 else None
    # The first resident is the one that visitors sign in as: there from the first day, with both accounts.
    demo = town[len(SHOPS)]
    demo.opened_day, demo.salary, demo.thrift, demo.savings = 0, 312_000, 0.15, f"town-{len(SHOPS):03d}-savings"
    return town


def _resident(rng: random.Random, first: str, last: str, index: int) -> Customer:
    salary = int(rng.triangular(160_000, 520_000, 260_000)) // 100 * 100
    return Customer(
        name=f"{first} {last}",
        email=f"{_slug(first)}.{_slug(last)}@tidemark.example",
        phone=f"+120255501{index % 100:02d}",
        trade=None,
        # Most were here before the story begins; some arrive while it runs.
        opened_day=0 if rng.random() < 0.85 else rng.randrange(5, 75),
        salary=salary,
        employer=rng.choice(EMPLOYERS),
        payday=rng.choice((24, 25, 25, 25, 26, 27, 28)),
        rent=int(salary * rng.uniform(0.24, 0.36)) // 1000 * 1000,
        thrift=rng.uniform(0.0, 0.25),
        sociable=rng.uniform(0.2, 1.0),
        overdraft_limit=50_000 if rng.random() < 0.15 else 0,
    )


def _slug(name: str) -> str:
    return name.lower().replace("é", "e").replace("the ", "").replace(" ", "-")

"""What the bank finds wrong with a field, in the person's language.

The bank says it in English, each time in the same words. Those that the app can meet are named here, so that they
have translations; `{name}` stands for what differs. Any other is shown as the bank wrote it.
"""

from ui.clients.errors import FieldProblem
from ui.components.text import capital
from ui.language import N_, _, translated

SAID = (
    N_("must not be empty"),
    N_("must not be blank"),
    N_("use at least {count} characters"),
    N_("use at most {count} characters"),
    N_("use {least} to {most} characters"),
    N_("must not hold control or invisible characters"),
    N_("must not hold the NUL character"),
    N_("a name has at least one letter"),
    N_("is not an email address"),
    N_("this is not an email address"),
    N_("is not a phone number with its country, such as +49 151 12345678"),
    N_("this is not a phone number with its country, such as +49 151 12345678"),
    N_("it repeats the same few characters"),
    N_("it is a row of the keyboard or alphabet"),
    N_("it is one of the passwords that are tried first"),
    N_("it is mostly your name, email or phone, or the bank's name"),
    N_("say why, so that the user can send a better photo"),
    N_("send exactly one file"),
    N_("must be one of {values}"),
    N_("must be a type of event"),
    N_("must be a currency code of three capital letters, such as EUR"),
    N_("must be an account number of ten digits"),
    N_("must be an account id or an account number of ten digits"),
    N_("is not a valid account number"),
    N_("is neither an account id nor a valid account number"),
    N_("must not be below `amount_min`"),
    N_("give one of name, email and phone"),
    N_("is missing"),
)
# The fields of calls that no form stands for, by what the app calls them.
FIELDS = {
    "amount": N_("Amount"),
    "memo": N_("Memo"),
    "reason": N_("Reason"),
    "overdraft_limit": N_("Overdraft"),
    "name": N_("Name"),
    "number": N_("Account number"),
    "to": N_("To"),
    "from": N_("From"),
}


def sentence(problem: FieldProblem) -> str:
    """What is wrong with the field, as plain text that begins with a capital letter."""
    return capital(translated(problem.message, SAID))


def field_name(problem: FieldProblem) -> str:
    """What the app calls the field; "" for one that it has no word for."""
    return _(FIELDS[problem.field]) if problem.field in FIELDS else ""
